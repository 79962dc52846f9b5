/** The words in which the databases differ when tables are made. */
export interface DdlDialect {
  /** 64 bits. */
  readonly integer: string;
  readonly bytes: string;
  /** A key that the database counts up by itself. */
  readonly numbered: string;
  /** Keeps a table's rows in the order of its primary key, where the database can: one tree instead of two. */
  readonly clustered: string;
}

/**
 * One step of the schema, run whole or not at all. It expands: what an older program reads and writes stays until a later
 * release contracts it, so that two releases can work on one store during an upgrade.
 */
export interface Migration {
  /** The schema after this step: 1, 2, 3… without gaps. */
  readonly schema: number;
  /** The oldest program (by the schema that it was built for) that may work on the store after this step. */
  readonly minimumProgram: number;
  statements(dialect: DdlDialect, now: number): readonly string[];
}
