import { createHmac, createSecretKey, timingSafeEqual, type KeyObject } from "node:crypto";
import type { SecretBox } from "../../keys/secret-box.ts";
import type { Clock } from "../../lib/clock.ts";
import type { SecretUses } from "../../lib/secret-uses.ts";
import { signedExamples } from "./signed-call-examples.ts";
import type { CredentialVerifier } from "./webhook-credential.ts";
import type { LiveWebhook } from "../webhook-directory.ts";
import type { AuthenticationSettings } from "../webhook.ts";
import type { AuthenticationField } from "./authentication-field.ts";
import type { AuthenticationCheck, AuthenticationRefusal, Credentials, WebhookAuthentication } from "./authentication.ts";
import { SIGNATURE_FORMS, type ReadSignature, type SignatureForm } from "./signature-form.ts";

const FORM: AuthenticationField = {
  kind: "choice",
  name: "form",
  label: "Form of the signature",
  hint: "What the sender's documentation calls it.",
  initial: "standard",
  choices: [
    {
      value: "standard",
      label: "Standard Webhooks",
      hint: "The headers webhook-id, webhook-timestamp and webhook-signature. A copied call is refused after five minutes, and until then it has no effect.",
    },
    {
      value: "hub",
      label: "X-Hub-Signature-256",
      hint: "As GitHub signs: over the body only. A copied call can be sent again, so let the mapping find customers by a field.",
    },
  ],
};

interface SignatureAuthenticationDeps {
  readonly secretBox: SecretBox;
  readonly credentialUses: SecretUses;
  readonly clock: Clock;
}

/** HMAC-SHA256 over each call with a secret that both sides know. The check needs the secret itself, so it is stored sealed. */
export class SignatureAuthentication implements WebhookAuthentication {
  readonly type = "signature";
  readonly label = "Signature";
  readonly hint = "Callers sign each call with a secret, which itself never travels. For software that sends signed webhooks.";
  readonly fields = [FORM];
  readonly requiredModule = null;
  readonly credentials = {
    noun: "signing secret",
    jsonName: "signing_secret",
    make: (id: string, settings: AuthenticationSettings) => {
      const secret = formOf(settings).newSecret();
      return { secret, verifier: this.#secretBox.seal(secret, id) };
    },
    shown: (secret: string) => [{ label: "Signing secret", value: secret }],
  };
  readonly #secretBox: SecretBox;
  readonly #uses: SecretUses;
  readonly #clock: Clock;
  readonly #keys = new WeakMap<CredentialVerifier, KeyObject>();

  constructor({ secretBox, credentialUses, clock }: SignatureAuthenticationDeps) {
    this.#secretBox = secretBox;
    this.#uses = credentialUses;
    this.#clock = clock;
  }

  examples(endpoint: string, settings: AuthenticationSettings, secret: string | null) {
    return signedExamples(endpoint, settings["form"] === "hub" ? "hub" : "standard", secret);
  }

  async check(call: Credentials, { authenticationSettings, credentials }: LiveWebhook): Promise<AuthenticationCheck> {
    const form = formOf(authenticationSettings);
    const read = form.read(call.headers, this.#clock.now());
    if (read.kind !== "claimed") return refused(form, read);
    // Listened to only now: who does not even claim to have signed something costs no memory.
    const body = await call.readUnprovedBody();
    if (body.kind !== "read") return { kind: "no-body", problem: body.kind };
    const own = credentials.find((credential) => this.#isSignedBy(credential, form, read, body.bytes));
    if (!own) {
      const reason = "No signature of the call fits: its body was changed after it was signed, or it was signed with another secret than this webhook's.";
      return refusal(form, 401, "The signature does not fit. Sign the bytes of the body exactly as they are sent, with the webhook's present secret.", reason);
    }
    this.#uses.note(own.id);
    const caller = { clientId: null, applicationName: "Signed call", principal: this.type };
    return { kind: "accepted", caller, ...(read.messageId !== null && { messageId: read.messageId }) };
  }

  refuseAllTheSame(reason: string, { authenticationSettings }: LiveWebhook): AuthenticationRefusal {
    return refusal(formOf(authenticationSettings), 401, "The signature is not good. Ask the owner of the webhook.", reason);
  }

  #isSignedBy(credential: CredentialVerifier, form: SignatureForm, read: ReadSignature & { readonly kind: "claimed" }, body: Buffer): boolean {
    const mac = createHmac("sha256", this.#keyOf(credential, form)).update(read.before).update(body).digest();
    return read.signatures.some((signature) => timingSafeEqual(signature, mac));
  }

  /** Opened once for as long as the webhook stays in memory. */
  #keyOf(credential: CredentialVerifier, form: SignatureForm): KeyObject {
    let key = this.#keys.get(credential);
    if (!key) {
      key = createSecretKey(form.keyOf(this.#secretBox.open(credential.verifier, credential.id)));
      this.#keys.set(credential, key);
    }
    return key;
  }
}

function formOf(settings: AuthenticationSettings): SignatureForm {
  return SIGNATURE_FORMS[settings["form"] ?? ""] ?? SIGNATURE_FORMS["standard"]!;
}

function refused(form: SignatureForm, { kind, reason }: Exclude<ReadSignature, { readonly kind: "claimed" }>): AuthenticationRefusal {
  switch (kind) {
    case "none":
      return refusal(form, 401, `Sign the call in the header ${form.header}.`, reason);
    case "out-of-time":
      return refusal(form, 401, "The call was signed too long ago, or in the future. Sign it anew, with a clock that is right.", reason);
    default:
      return refusal(form, 400, `Send each header of the signature once and well-formed. ${reason}`, reason);
  }
}

function refusal(form: SignatureForm, status: 400 | 401, detail: string, reason: string): AuthenticationRefusal {
  // RFC 9110 section 15.5.2 wants a challenge with each 401. No scheme is registered for signed webhooks, so this one says what to compute and where it goes.
  const challenge = `HMAC-SHA256 realm="Hookgate", header="${form.header}"`;
  return { kind: "refused", status, detail, challenge, reason, caller: null };
}
