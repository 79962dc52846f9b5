import { PlainPage } from "../web/layout.tsx";
import { Form, FormActions, SubmitButton } from "../web/parts/form.tsx";
import { Initials } from "../web/parts/initials.tsx";
import { Time } from "../web/parts/states.tsx";
import type { Viewer } from "../web/viewer.ts";
import { SEALED_REQUEST_FIELD } from "./authorization-pages.tsx";
import type { AuthorizationRequest } from "./authorization-request.ts";
import { consentTo, covers } from "./consent.ts";
import { ScopeSentences } from "./consents-page.tsx";
import { destinationOf } from "./redirect-uri.ts";

interface ConsentPageProps {
  readonly request: AuthorizationRequest;
  readonly viewer: Viewer;
  readonly sealedFlow: string;
  readonly sealedRequest: string;
}

/** Who asks, for what, on whose behalf, and where it leads: everything that consent phishing would have to hide (RFC 9700 section 4). */
export function ConsentPage({ request, viewer, sealedFlow, sealedRequest }: ConsentPageProps) {
  const { client, scopes, redirectUri } = request;
  const remembered = covers(consentTo(request, viewer.userId, 0), request);
  return (
    <PlainPage title={`Allow ${client.name}?`} islands={["deliberate-click.js"]}>
      <Initials name={client.name} />
      <h1>
        <strong>
          <bdi>{client.name}</bdi>
        </strong>{" "}
        wants to {scopes.includes("apps.webhook:execute") ? "run webhooks for" : "stay connected to"}{" "}
        <em>
          <bdi>{viewer.brandName}</bdi>
        </em>
      </h1>
      <p class="hint">
        Registered by <bdi>{viewer.userName}</bdi>, <Time at={client.createdAt} />.
      </p>
      <ScopeSentences scopes={scopes} />
      <Form action="/oauth2/consent">
        <input type="hidden" name="flow" value={sealedFlow} />
        <p>
          You will be sent to <strong>{destinationOf(redirectUri)}</strong>.
        </p>
        <FormActions equal>
          <SubmitButton name="decision" value="allow" deliberate>
            Allow
          </SubmitButton>
          <SubmitButton kind="plain" name="decision" value="cancel">
            Cancel
          </SubmitButton>
        </FormActions>
      </Form>
      <p class="hint">{remembered && "Once allowed, this is not asked again. "}You can withdraw it at any time under your account.</p>
      <Form action="/oauth2/auth">
        <input type="hidden" name={SEALED_REQUEST_FIELD} value={sealedRequest} />
        <p class="hint">
          Signed in as {viewer.email}.{" "}
          <button class="link-button" type="submit" name="switch_user" value="yes">
            Not you?
          </button>
        </p>
      </Form>
    </PlainPage>
  );
}
