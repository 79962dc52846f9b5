/** What is tried, each in a transaction of its own that begins with making this table and is rolled back. */
export const PROBE_TABLE = "hookgate_doctor";

interface Probe {
  readonly name: string;
  readonly statements: readonly string[];
  /** What the last statement must give, as text; null: it only has to work. */
  readonly gives: string | null;
}

/** Made from the statements of `store/sql/` and `store/copy/`. */
export const PROBES: readonly Probe[] = [
  {
    name: "insert … on conflict … returning",
    statements: [
      `insert into ${PROBE_TABLE} (name, value) values ('a', 1)`,
      `insert into ${PROBE_TABLE} (name, value) values ('a', 2) on conflict (name) do update set value = ${PROBE_TABLE}.value + excluded.value where ${PROBE_TABLE}.value < 3 returning value`,
    ],
    gives: "3",
  },
  {
    name: "rows from arrays (unnest … with ordinality)",
    statements: [
      `insert into ${PROBE_TABLE} (name, value) select name, value from (select * from unnest(array['b','c']::text[], array[1,2]::bigint[]) with ordinality as given (name, value, place)) as given order by place on conflict (name) do nothing`,
      `update ${PROBE_TABLE} as stored set value = given.value from (select * from unnest(array['b']::text[], array[7]::bigint[]) with ordinality as given (name, value, place)) as given where stored.name = given.name`,
      `select value from ${PROBE_TABLE} where name = 'b'`,
    ],
    gives: "7",
  },
  {
    name: "delete … using",
    statements: [
      `delete from ${PROBE_TABLE} as stored using (select * from unnest(array['c']::text[]) with ordinality as given (name, place)) as given where stored.name = given.name`,
      `select count(*) from ${PROBE_TABLE} where name = 'c'`,
    ],
    gives: "0",
  },
  { name: "savepoints", statements: ["savepoint doctor", "rollback to savepoint doctor"], gives: null },
  { name: "bytes (bytea)", statements: [String.raw`select encode('\x00ff'::bytea, 'hex')`], gives: "00ff" },
  {
    name: "json_populate_recordset, for `copy` and `restore`",
    statements: [`select name from json_populate_recordset(null::${PROBE_TABLE}, '[{"name":"json"}]'::json)`],
    gives: "json",
  },
  { name: "idle_in_transaction_session_timeout", statements: ["set local idle_in_transaction_session_timeout = 10000"], gives: null },
  {
    name: "set_config within a transaction",
    statements: ["select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') in ('off', 'local', 'remote_write')"],
    gives: null,
  },
];
