import { digestOf, newSecret, sameDigest } from "../../lib/secret.ts";
import type { SecretUses } from "../../lib/secret-uses.ts";
import { literalExamples } from "../call-examples.ts";
import type { LiveWebhook } from "../webhook-directory.ts";
import type { AuthenticationSettings } from "../webhook.ts";
import type { AuthenticationField } from "./authentication-field.ts";
import type { AuthenticationCheck, AuthenticationRefusal, Credentials, WebhookAuthentication } from "./authentication.ts";

/** RFC 7617 section 2: the charset says how to read user names beyond ASCII, of which we make none. */
const CHALLENGE = 'Basic realm="Hookgate", charset="UTF-8"';

/** In characters. */
const MAX_USER_NAME = 64;

const USER_NAME: AuthenticationField = {
  kind: "text",
  name: "userName",
  label: "User name",
  hint: "Any name by which you know the caller. The password is made for you.",
  initial: "webhook",
  // Neither the colon that ends it (RFC 7617 section 2) nor anything that some client would have to quote or encode.
  problemOf: (text) => {
    if (text === "") return "Enter a user name.";
    if (text.length > MAX_USER_NAME) return `Shorten the user name to ${MAX_USER_NAME} characters.`;
    return /^[A-Za-z0-9._@-]+$/.test(text) ? undefined : "Use only the letters A to Z, digits, and . _ @ - in the user name.";
  },
};

/** A user name and a password of our making (RFC 7617). One digest over both is stored. */
export class BasicAuthentication implements WebhookAuthentication {
  readonly type = "basic";
  readonly label = "Basic authentication";
  readonly hint = "Callers send a user name and a password that is made for this webhook. You get the header ready to paste.";
  readonly fields = [USER_NAME];
  readonly requiredModule = null;
  readonly credentials = {
    noun: "password",
    jsonName: "password",
    make: (_id: string, settings: AuthenticationSettings) => {
      const secret = newSecret("hgp_");
      return { secret, verifier: digestOf(userPass(settings, secret)) };
    },
    shown: (secret: string, settings: AuthenticationSettings) => [
      { label: `Password of the user ${settings["userName"]}`, value: secret },
      { label: "Base64 hash of user name and password", value: hash(settings, secret) },
      { label: "Header", value: `Authorization: Basic ${hash(settings, secret)}` },
    ],
  };
  readonly #uses: SecretUses;

  constructor({ credentialUses }: { readonly credentialUses: SecretUses }) {
    this.#uses = credentialUses;
  }

  examples(endpoint: string, settings: AuthenticationSettings, secret: string | null) {
    return literalExamples(endpoint, `Basic ${secret === null ? "{Base64 hash}" : hash(settings, secret)}`);
  }

  async check({ headers }: Credentials, { credentials, authenticationSettings }: LiveWebhook): Promise<AuthenticationCheck> {
    const [header, ...more] = headers.all("authorization");
    if (header === undefined) return unauthenticated("The call has no Authorization header.");
    if (more.length > 0) return malformed("The call has more than one Authorization header.");
    if (!/^basic(?: |$)/i.test(header)) return unauthenticated(otherScheme(header));
    const sent = readUserPass(header);
    if (sent === undefined) return malformed("The Authorization header is not the word Basic, a space and the base64 of user name, colon and password.");
    const digest = digestOf(sent);
    const own = credentials.find(({ verifier }) => sameDigest(verifier, digest));
    if (!own) return this.refuseAllTheSame("User name or password is wrong, or the password was removed.");
    this.#uses.note(own.id);
    return { kind: "accepted", caller: { clientId: null, applicationName: `User ${authenticationSettings["userName"]}`, principal: this.type } };
  }

  refuseAllTheSame(reason: string): AuthenticationRefusal {
    return refusal(401, "User name or password is not good. Ask the owner of the webhook for new ones.", reason);
  }
}

function userPass({ userName }: AuthenticationSettings, password: string): string {
  return `${userName}:${password}`;
}

function hash(settings: AuthenticationSettings, password: string): string {
  return Buffer.from(userPass(settings, password)).toString("base64");
}

/** What stands before and after the base64. Undefined when it is none, in its one spelling: Node decodes leniently. */
function readUserPass(header: string): string | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(header)?.[1];
  if (encoded === undefined) return undefined;
  const bytes = Buffer.from(encoded, "base64");
  return bytes.toString("base64") === encoded && bytes.includes(":") ? bytes.toString() : undefined;
}

function otherScheme(header: string): string {
  if (!/^bearer(?: |$)/i.test(header)) return "The Authorization header is of another scheme than Basic.";
  return "The call brought a bearer token, but this webhook takes a user name and a password. Give them to the caller, or change the webhook's authentication.";
}

function unauthenticated(reason: string): AuthenticationRefusal {
  return refusal(401, "Send user name and password: the header Authorization with the word Basic, a space and their base64 hash.", reason);
}

function malformed(reason: string): AuthenticationRefusal {
  return refusal(400, "Send exactly one Authorization header: the word Basic, a space, and the base64 of user name, colon and password.", reason);
}

function refusal(status: 400 | 401, detail: string, reason: string): AuthenticationRefusal {
  return { kind: "refused", status, detail, challenge: CHALLENGE, reason, caller: null };
}
