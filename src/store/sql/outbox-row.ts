import type { Columns } from "./call-row.ts";
import type { ForwardedCall } from "./plan-batch.ts";

export type NewMessage = ForwardedCall & { readonly position: number };

/** Every column of `outbox_messages`. */
export const MESSAGE_COLUMNS: Columns<NewMessage> = {
  target_id: ["text", (message) => message.targetId],
  position: ["bigint", (message) => message.position],
  brand_id: ["text", (message) => message.brandId],
  call_id: ["text", (message) => message.callId],
  order_key: ["text", (message) => message.orderKey],
  attempts: ["bigint", () => 0],
  due_at: ["bigint", () => 0],
};

/** How many of the messages each target gets, targets in the order of their ids, so that no two transactions wait for each other. */
export function countByTarget(messages: readonly ForwardedCall[]): readonly { readonly targetId: string; readonly added: number }[] {
  const counts = new Map<string, number>();
  for (const { targetId } of messages) counts.set(targetId, (counts.get(targetId) ?? 0) + 1);
  return [...counts].map(([targetId, added]) => ({ targetId, added })).toSorted((a, b) => (a.targetId < b.targetId ? -1 : 1));
}

/** Gives the messages the positions up to the last ones, which were just counted up; those of targets that have none are left out. */
export function withPositions(messages: readonly ForwardedCall[], lastPositions: ReadonlyMap<string, number>): readonly NewMessage[] {
  const next = new Map(countByTarget(messages).map(({ targetId, added }) => [targetId, (lastPositions.get(targetId) ?? NaN) - added + 1]));
  return messages.flatMap((message) => {
    const position = next.get(message.targetId)!;
    if (Number.isNaN(position)) return [];
    next.set(message.targetId, position + 1);
    return [{ ...message, position }];
  });
}
