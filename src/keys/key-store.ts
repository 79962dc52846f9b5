/** One key of the ring as it is stored. Its state follows from its times, so that no job has to move it along. */
export interface StoredKey {
  /** 1 to 2^32 - 1, never used again. */
  readonly id: number;
  /** 32 random bytes, sealed with AES-256-GCM under a key derived from HOOKGATE_SECRET. */
  readonly sealed: Uint8Array;
  readonly createdAt: number;
  /** Before this moment the key is pending: every node may verify with it and none signs with it yet. */
  readonly activatesAt: number;
  /** Set when revoked: nothing signed with it is ever accepted again. */
  readonly revokedAt: number | null;
}

export interface KeyStore {
  listKeys(): Promise<readonly StoredKey[]>;
  /** Adds a key under the next free id and returns that id. With `onlyIfNone` nothing happens, and null comes back, when any key exists. */
  insertKey(key: Omit<StoredKey, "id" | "revokedAt" | "sealed">, seal: (id: number) => Uint8Array, onlyIfNone?: boolean): Promise<number | null>;
  /** False when there is no such key or it is revoked already. */
  revokeKey(id: number, now: number): Promise<boolean>;
}
