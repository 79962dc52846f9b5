/**
 * Authorization flows: one authorization request in one browser, from the consent page to its answer. Nothing is stored for it: what
 * the user was shown travels sealed in the form, and a small cookie for each flow ties it to the browser that it was shown in, so
 * that two tabs do not break each other and nobody can send a prepared form through somebody else's browser.
 */
import type { Sealer } from "../keys/key-ring.ts";
import { HOUR, type Clock } from "../lib/clock.ts";
import { newRandomId } from "../lib/id.ts";
import type { AuthorizationRequest } from "./authorization-request.ts";

/** How long a consent page may wait for its answer, in milliseconds. */
export const FLOW_LIFETIME = HOUR;
/** So many flows of one browser may wait at once; then the oldest is dropped, so that cookies never grow too big to send. */
const MAX_FLOWS = 8;

/** What is sealed says what it is, because the query of a request is a stranger's text: it must never open as a flow. */
type Sealed = { readonly kind: "request"; readonly query: string } | ({ readonly kind: "flow" } & Flow);

export interface Flow {
  readonly flowId: string;
  /** Who was asked. */
  readonly userId: string;
  /** The whole query of the authorization request, to be validated again at the answer. */
  readonly query: string;
  /** What the page showed and the answer is about. */
  readonly shown: string;
  readonly expiresAt: number;
}

export class AuthorizationFlows {
  readonly #sealer: Sealer;
  readonly #clock: Clock;

  constructor(sealer: Sealer, clock: Clock) {
    this.#sealer = sealer;
    this.#clock = clock;
  }

  /** A new flow, and the sealed text that stands for it in the consent form. */
  begin(request: AuthorizationRequest, query: string, userId: string): { readonly flow: Flow; readonly sealed: string } {
    const flow: Flow = { flowId: newRandomId(), userId, query, shown: shownBy(request), expiresAt: this.#clock.now() + FLOW_LIFETIME };
    return { flow, sealed: this.#seal({ kind: "flow", ...flow }) };
  }

  /** Undefined for anything but a flow that was begun here and has not waited too long. */
  open(sealed: string): Flow | undefined {
    const opened = this.#open(sealed);
    return opened?.kind === "flow" && this.#clock.now() < opened.expiresAt ? opened : undefined;
  }

  /** The query of an authorization request for a form that comes before consent: signing in, or signing in as somebody else. */
  sealQuery(query: string): string {
    return this.#seal({ kind: "request", query });
  }

  openQuery(sealed: string): string | undefined {
    const opened = this.#open(sealed);
    return opened?.kind === "request" ? opened.query : undefined;
  }

  #seal(content: Sealed): string {
    return this.#sealer.seal(JSON.stringify(content));
  }

  #open(sealed: string): Sealed | undefined {
    const text = this.#sealer.open(sealed);
    return text === undefined ? undefined : (JSON.parse(text) as Sealed);
  }
}

/**
 * What consent is about. When the application changes between page and answer, the user is asked again: the answer must never
 * grant more, or lead elsewhere, than the page said.
 */
export function shownBy(request: AuthorizationRequest): string {
  return [request.client.clientId, request.redirectUri, ...request.scopes].join(" ");
}

/** Of the flow cookies that a browser sent (name and value, which is when the flow expires), those to drop so that one more fits. */
export function flowsToDrop(cookies: readonly (readonly [name: string, value: string])[]): readonly string[] {
  return cookies
    .toSorted(([, a], [, b]) => Number(b) - Number(a))
    .slice(MAX_FLOWS - 1)
    .map(([name]) => name);
}
