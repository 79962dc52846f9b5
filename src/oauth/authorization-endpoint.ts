/**
 * The authorization endpoint (RFC 6749 section 3.1): what a browser that arrives with a request is shown, and what follows from the
 * user's answer. It owns the order (request, client's status, sign-in, owner, remembered consent, question) and knows no HTTP; the routes draw
 * the pages. No answer goes to the client before its owner has signed in (RFC 9700 section 4.11.2).
 */
import type { UserDirectory } from "../identity/user-directory.ts";
import { parseForm } from "../lib/form.ts";
import { isId } from "../lib/id.ts";
import type { AuthorizationCodes } from "./authorization-code.ts";
import { shownBy, type AuthorizationFlows, type Flow } from "./authorization-flow.ts";
import { validateAuthorizationRequest, type AuthorizationRequest, type ReturnAddress, type ValidatedAuthorizationRequest } from "./authorization-request.ts";
import type { Client } from "./client.ts";
import type { ClientDirectory } from "./client-directory.ts";
import type { ClientStatus } from "./client-status.ts";
import { covers } from "./consent.ts";
import type { Consents } from "./consents.ts";
import type { OAuthErrorCode } from "./oauth-error.ts";
import type { OAuthJournal, Refusal } from "./oauth-request.ts";
import { answerAddress, type VerifiedRedirectUri } from "./redirect-uri.ts";
import { shownRedirectUri } from "./refused-request.ts";

/** Who sits in front of the browser, as far as it matters here. */
export interface Visitor {
  readonly userId: string;
  readonly brandId: string;
}

const PATH = "/oauth2/auth";

export type AuthorizationStep =
  | { readonly kind: "error-on-page"; readonly status: 400 | 403 | 409; readonly whatHappened: string; readonly whatToDo: string }
  | { readonly kind: "sign-in"; readonly client: Client; readonly redirectUri: VerifiedRedirectUri }
  /** `ownerName` is null for a visitor from another brand, who learns no names. `returnTo` tells the client that it was refused. */
  | { readonly kind: "wrong-user"; readonly client: Client; readonly ownerName: string | null; readonly returnTo: string }
  | { readonly kind: "consent"; readonly request: AuthorizationRequest; readonly flow: Flow; readonly sealedFlow: string }
  | { readonly kind: "redirect"; readonly location: string };

export type ConsentResult =
  | { readonly kind: "redirect"; readonly location: string }
  /** Something changed since the page was shown, or this flow was answered already: look at the request again. */
  | { readonly kind: "ask-again" }
  | { readonly kind: "answered-before" };

interface AuthorizationEndpointDeps {
  readonly issuer: string;
  readonly clients: ClientDirectory;
  readonly clientStatus: ClientStatus;
  readonly users: UserDirectory;
  readonly flows: AuthorizationFlows;
  readonly codes: AuthorizationCodes;
  readonly consents: Consents;
  readonly journal: OAuthJournal;
}

export class AuthorizationEndpoint {
  readonly #deps: AuthorizationEndpointDeps;

  constructor(deps: AuthorizationEndpointDeps) {
    this.#deps = deps;
  }

  /** What to show for the query of an authorization request. `reference` names this look in the journal and on an error page. */
  async begin(query: string, visitor: Visitor | null, reference: string): Promise<AuthorizationStep> {
    const validated = await this.#validate(query);
    if (validated.kind === "error-on-page") {
      this.#deps.journal.refused({
        ...causeOf(query, validated.client),
        error: "invalid_request",
        reason: validated.whatHappened,
        reference,
        path: PATH,
        address: null,
      });
      return { ...validated, status: 400 };
    }
    const returnTo: ReturnAddress = validated.kind === "accepted" ? validated.request : validated.returnTo;
    const { client } = returnTo;
    const problem = await this.#deps.clientStatus.problemOf(client);
    if (problem) {
      this.#refused(client, "unauthorized_client", problem, reference);
      const whatToDo = "Ask the user who registered it, or an admin of your brand, to switch it on again.";
      return { kind: "error-on-page", status: 403, whatHappened: `${client.name} is switched off at present.`, whatToDo };
    }
    if (!visitor) return { kind: "sign-in", client, redirectUri: returnTo.redirectUri };
    if (!isOwner(visitor, client)) {
      this.#refused(client, "access_denied", "Somebody other than the user who registered the application was asked to consent.", reference);
      const ownerName = visitor.brandId === client.brandId ? await this.#ownerName(client) : null;
      return { kind: "wrong-user", client, ownerName, returnTo: this.#denial(returnTo) };
    }
    if (validated.kind === "error-by-redirect") {
      this.#refused(client, validated.error, validated.description, reference);
      return { kind: "redirect", location: this.#errorAddress(returnTo, validated) };
    }
    const code = await this.#rememberedCode(validated.request, visitor.userId);
    if (code !== undefined) return { kind: "redirect", location: this.#codeAddress(validated.request, code) };
    const { flow, sealed } = this.#deps.flows.begin(validated.request, query, visitor.userId);
    return { kind: "consent", request: validated.request, flow, sealedFlow: sealed };
  }

  /**
   * Carries out the user's answer on the consent page. Everything is checked again, because an hour may have passed; one flow gives at
   * most one code, whatever is clicked twice.
   */
  async answer(flow: Flow, visitor: Visitor | null, allowed: boolean): Promise<ConsentResult> {
    const validated = await this.#validate(flow.query);
    if (validated.kind !== "accepted" || visitor?.userId !== flow.userId) return { kind: "ask-again" };
    const { request } = validated;
    const unchanged = shownBy(request) === flow.shown && isOwner(visitor, request.client) && !(await this.#deps.clientStatus.problemOf(request.client));
    if (!unchanged) return { kind: "ask-again" };
    if (!allowed) return { kind: "redirect", location: this.#denial(request) };
    const issued = await this.#deps.codes.issueAllowed(request, flow);
    if (issued.kind === "issued") return { kind: "redirect", location: this.#codeAddress(request, issued.code) };
    return issued.kind === "answered-before" ? issued : { kind: "ask-again" };
  }

  /** A code without a question, where the user has allowed all of this before; undefined where the user is to be asked. */
  async #rememberedCode(request: AuthorizationRequest, userId: string): Promise<string | undefined> {
    if (request.asksAnew) return undefined;
    const consent = await this.#deps.consents.find(request.client.brandId, request.client.clientId, userId);
    if (!consent || !covers(consent, request)) return undefined;
    const issued = await this.#deps.codes.issueRemembered(request, consent);
    return issued.kind === "issued" ? issued.code : undefined;
  }

  async #validate(query: string): Promise<ValidatedAuthorizationRequest> {
    const parsed = parseForm(query);
    if (!parsed.ok) {
      const whatToDo = "Go back to the application that sent you here and try again.";
      return { kind: "error-on-page", client: undefined, whatHappened: "The address of this request could not be read.", whatToDo };
    }
    const clientId = parsed.form.get("client_id");
    return validateAuthorizationRequest(parsed.form, clientId === undefined ? undefined : await this.#deps.clients.find(clientId));
  }

  async #ownerName(client: Client): Promise<string | null> {
    return (await this.#deps.users.find(client.brandId, client.ownerId))?.name ?? null;
  }

  #denial(returnTo: ReturnAddress): string {
    return this.#errorAddress(returnTo, { error: "access_denied", description: "The user who registered the application did not consent." });
  }

  #codeAddress({ redirectUri, state }: ReturnAddress, code: string): string {
    return answerAddress(redirectUri, { code, state, iss: this.#deps.issuer });
  }

  #errorAddress({ redirectUri, state }: ReturnAddress, { error, description }: { readonly error: OAuthErrorCode; readonly description: string }): string {
    // RFC 9207 section 2: `iss` in errors too, so that a client of several servers knows whose answer it is.
    return answerAddress(redirectUri, { error, error_description: description, state, iss: this.#deps.issuer });
  }

  #refused(client: Client, error: OAuthErrorCode, reason: string, reference: string): void {
    this.#deps.journal.refused({ reference, clientId: client.clientId, error, reason, path: PATH, address: null, sentRedirectUri: null });
  }
}

/** Which client a request for an error page names, and the redirect URI where that is what is wrong. */
function causeOf(query: string, client: Client | undefined): Pick<Refusal, "clientId" | "sentRedirectUri"> {
  const parsed = parseForm(query);
  const form = parsed.ok ? parsed.form : undefined;
  const named = client?.clientId ?? form?.get("client_id") ?? "";
  const sent = client && form?.get("redirect_uri");
  return { clientId: isId(named) ? named : null, sentRedirectUri: sent === undefined ? null : shownRedirectUri(sent) };
}

function isOwner(visitor: Visitor, client: Client): boolean {
  return visitor.userId === client.ownerId && visitor.brandId === client.brandId;
}
