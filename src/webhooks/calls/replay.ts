/** Who has earlier calls written once more. */
export interface ConsoleUser {
  readonly userId: string;
  readonly userName: string;
}

/** The refused calls of a webhook in a span of time, written once more one after the other with the mapping that the webhook has then. */
export interface Replay extends ConsoleUser {
  readonly id: string;
  readonly brandId: string;
  readonly webhookId: string;
  /** The last call that was taken, or what comes just before the first. */
  readonly afterId: string;
  /** No call after this one is taken. */
  readonly throughId: string;
  readonly accepted: number;
  readonly refused: number;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  /** Whether it was ended before its last call. */
  readonly isStopped: boolean;
}
