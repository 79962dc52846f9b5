import type { Migration } from "./migration.ts";

/** Which calls wait to be sent on: those are not deleted, however old they are. */
export const outboxByCall: Migration = {
  schema: 24,
  minimumProgram: 1,
  statements: () => [`create index outbox_messages_by_call on outbox_messages (brand_id, call_id)`],
};
