/**
 * The key ring: the random keys that sign tokens and seal what travels through browsers. It owns their making, sealing at
 * rest, rotation and revocation; it must not know what is signed. One ring key serves every purpose through HKDF, so that
 * a rotation is one row and no purpose can verify what another one signed.
 */
import { createSecretKey, hkdfSync, randomBytes, type KeyObject } from "node:crypto";
import type { Changes } from "../lib/changes.ts";
import { SECOND, type Clock } from "../lib/clock.ts";
import { whenKnown, type Soon } from "../lib/soon.ts";
import type { KeyStore, StoredKey } from "./key-store.ts";
import { MacKey } from "./mac-key.ts";
import { decrypt, encrypt } from "./sealing.ts";

/** What is signed. */
export type MacPurpose = "access-token" | "refresh-token";
/** What is encrypted. */
export type SealPurpose = "authorization-flow" | "form-token" | "flash";
export type KeyState = "pending" | "active" | "verifying" | "revoked";

/** How long a new key waits before it signs: every node has it by then, also one that missed several polls. */
const PENDING = 10 * SECOND;

export class RingKey {
  readonly id: number;
  readonly activatesAt: number;
  readonly #material: Uint8Array;
  readonly #sealKeys = new Map<SealPurpose, KeyObject>();
  readonly #macKeys = new Map<MacPurpose, MacKey>();

  constructor(id: number, activatesAt: number, material: Uint8Array) {
    this.id = id;
    this.activatesAt = activatesAt;
    this.#material = material;
  }

  /** For AES-256-GCM. A KeyObject: with a Buffer, node:crypto parses the key anew at each use. */
  sealKey(purpose: SealPurpose): KeyObject {
    let key = this.#sealKeys.get(purpose);
    if (!key) this.#sealKeys.set(purpose, (key = createSecretKey(this.#derive(purpose))));
    return key;
  }

  macKey(purpose: MacPurpose): MacKey {
    let key = this.#macKeys.get(purpose);
    if (!key) this.#macKeys.set(purpose, (key = new MacKey(this.#derive(purpose))));
    return key;
  }

  /** 256 bits for one purpose. */
  #derive(purpose: SealPurpose | MacPurpose): Buffer {
    return Buffer.from(hkdfSync("sha256", this.#material, "", `hookgate/${purpose}`, 32));
  }
}

/** Seals short texts so that only this installation can read or make them. */
export interface Sealer {
  seal(text: string): string;
  /** Undefined for anything that this installation did not seal for this purpose, or sealed under a revoked key. */
  open(sealed: string): string | undefined;
}

export class KeyRing {
  readonly #store: KeyStore;
  readonly #clock: Clock;
  readonly #changes: Changes;
  readonly #rootKey: KeyObject;
  #usable: readonly RingKey[] = [];
  #byId = new Map<number, RingKey>();

  private constructor(store: KeyStore, clock: Clock, changes: Changes, secret: string) {
    this.#store = store;
    this.#clock = clock;
    this.#changes = changes;
    this.#rootKey = rootKeyOf(secret);
  }

  /**
   * Opens the ring and makes the first key on an empty store.
   * Throws when the stored keys cannot be opened with this secret: the store belongs to another HOOKGATE_SECRET.
   */
  static async open(store: KeyStore, clock: Clock, changes: Changes, secret: string): Promise<KeyRing> {
    const ring = new KeyRing(store, clock, changes, secret);
    const now = clock.now();
    await store.insertKey({ createdAt: now, activatesAt: now }, (id) => ring.#sealMaterial(id), true);
    await ring.#reload();
    changes.onChange("keys", () => ring.#reload());
    return ring;
  }

  /** The key that signs now: the newest one whose waiting time is over. Waits for a reload when the ring has moved. */
  active(): Soon<RingKey> {
    return whenKnown(this.#changes.current(), () => this.activeNow());
  }

  /** Like `active`, for callers that have just awaited `Changes.current()` in this turn. Throws when every key is revoked. */
  activeNow(): RingKey {
    const now = this.#clock.now();
    // Newest first. A ring of pending keys only happens when the clock stepped back: the oldest of them then serves.
    const key = this.#usable.find((candidate) => candidate.activatesAt <= now) ?? this.#usable.at(-1);
    if (!key) throw new Error("The key ring holds no usable key.");
    return key;
  }

  /** The key with this id if what it signed is still accepted: pending, active or verifying, and not revoked. */
  find(id: number): RingKey | undefined {
    return this.#byId.get(id);
  }

  /** Adds a key that starts to sign ten seconds from now; the present one goes on verifying. No restart, no token dies. Gives the new id. */
  async rotate(): Promise<number> {
    const now = this.#clock.now();
    const id = await this.#store.insertKey({ createdAt: now, activatesAt: now + PENDING }, (next) => this.#sealMaterial(next));
    await this.#reload();
    return id!;
  }

  /**
   * Kills a key and everything signed with it, on every node. When no active key is left, a new one signs at once.
   * False when there is no such key or it is revoked already.
   */
  async revoke(id: number): Promise<boolean> {
    const now = this.#clock.now();
    const revoked = await this.#store.revokeKey(id, now);
    await this.#reload();
    if (revoked && !this.#usable.some((key) => key.activatesAt <= now)) {
      await this.#store.insertKey({ createdAt: now, activatesAt: now }, (next) => this.#sealMaterial(next));
      await this.#reload();
    }
    return revoked;
  }

  async list(): Promise<readonly { readonly id: number; readonly state: KeyState; readonly createdAt: number }[]> {
    const now = this.#clock.now();
    const keys = await this.#store.listKeys();
    const active = keys.filter((key) => key.revokedAt === null && key.activatesAt <= now).toSorted(newestFirst)[0];
    return keys.map((key) => {
      const state: KeyState = key.revokedAt !== null ? "revoked" : key === active ? "active" : key.activatesAt > now ? "pending" : "verifying";
      return { id: key.id, state, createdAt: key.createdAt };
    });
  }

  /** AES-256-GCM under the ring's active key: base64url of (key id, nonce, ciphertext, tag). */
  sealer(purpose: SealPurpose): Sealer {
    return {
      seal: (text) => {
        const key = this.activeNow();
        const head = Buffer.allocUnsafe(4);
        head.writeUInt32BE(key.id);
        return Buffer.concat([head, encrypt(key.sealKey(purpose), Buffer.from(text), head)]).toString("base64url");
      },
      open: (sealed) => {
        const bytes = Buffer.from(sealed, "base64url");
        if (bytes.length < 4 || bytes.toString("base64url") !== sealed) return undefined;
        const key = this.find(bytes.readUInt32BE(0));
        return key && decrypt(key.sealKey(purpose), bytes.subarray(4), bytes.subarray(0, 4))?.toString();
      },
    };
  }

  async #reload(): Promise<void> {
    const usable = (await this.#store.listKeys()).filter((key) => key.revokedAt === null).toSorted(newestFirst);
    // Keys that are known stay the same objects, so that their derived keys are not computed again.
    this.#usable = usable.map((key) => this.#byId.get(key.id) ?? this.#openMaterial(key));
    this.#byId = new Map(this.#usable.map((key) => [key.id, key]));
  }

  #sealMaterial(id: number): Uint8Array {
    return encrypt(this.#rootKey, randomBytes(32), Buffer.from(`key ${id}`));
  }

  #openMaterial(key: StoredKey): RingKey {
    return new RingKey(key.id, key.activatesAt, openMaterial(this.#rootKey, key));
  }
}

/** Throws when a key that is still in use cannot be opened with this secret. */
export function checkKeys(keys: readonly StoredKey[], secret: string): void {
  const rootKey = rootKeyOf(secret);
  for (const key of keys) if (key.revokedAt === null) openMaterial(rootKey, key);
}

function rootKeyOf(secret: string): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync("sha256", secret, "", "hookgate/key-ring", 32)));
}

function openMaterial(rootKey: KeyObject, key: StoredKey): Uint8Array {
  const material = decrypt(rootKey, key.sealed, Buffer.from(`key ${key.id}`));
  if (material) return material;
  throw new Error(
    `Key ${key.id} of the store cannot be opened: HOOKGATE_SECRET, or the secret file beside the store, is not the one that this store was made with.`,
  );
}

function newestFirst(a: StoredKey, b: StoredKey): number {
  return b.activatesAt - a.activatesAt || b.id - a.id;
}
