import { ConsolePage } from "../web/layout.tsx";
import { CopyField } from "../web/parts/copy.tsx";
import { Form, FormActions, LinkButton, SubmitButton } from "../web/parts/form.tsx";
import { Notice } from "../web/parts/notice.tsx";
import { Section } from "../web/parts/section.tsx";
import type { ApplicationWithOwner } from "./application-store.ts";
import { authorizationCodeSettings, clientCredentialsSettings, missingPostmanUris, POSTMAN_REDIRECT_URIS, type PostmanSetting } from "./postman-settings.ts";

interface PostmanPageProps {
  readonly application: ApplicationWithOwner;
  readonly issuer: string;
  readonly webhookUrl: string | null;
}

/** How to use one application from Postman: import two files, or fill in Postman's own form field by field. */
export function PostmanPage({ application, issuer, webhookUrl }: PostmanPageProps) {
  const clientCredentials = clientCredentialsSettings(application, issuer);
  return (
    <ConsolePage
      title="Use Postman"
      intro="Get tokens and call a webhook from Postman: import two files, or fill in Postman’s own form."
      breadcrumb={{ href: `/applications/${application.clientId}`, label: application.name }}
    >
      <ImportSection application={application} webhookUrl={webhookUrl} />
      <ReturnUrlSection application={application} />
      <Section title="Postman’s form: client credentials" intro={clientCredentials && WHERE_THE_FORM_IS}>
        {clientCredentials ? (
          <Settings settings={clientCredentials} />
        ) : (
          <p>This application cannot use this grant: it needs a client secret and the scope apps.webhook:execute.</p>
        )}
      </Section>
      <Section title="Postman’s form: authorization code" intro={WHERE_THE_FORM_IS}>
        <Settings settings={authorizationCodeSettings(application, issuer)} />
        <Notice kind="warning">
          Allow pop-ups on the page that Postman opens: the access token comes back to Postman through one. Sign in there as <bdi>{application.ownerName}</bdi>,
          who registered the application, and allow.
        </Notice>
      </Section>
    </ConsolePage>
  );
}

const WHERE_THE_FORM_IS = (
  <>
    In the tab Authorization of a request or folder choose the type OAuth 2.0. Under “Configure New Token” fill in these fields, press “Get New Access Token”,
    then “Use Token”.
  </>
);

function ImportSection({ application, webhookUrl }: Omit<PostmanPageProps, "issuer">) {
  const path = `/applications/${application.clientId}/postman`;
  return (
    <Section title="Import the collection" intro="All requests of this application with its values filled in. Neither file holds a secret.">
      <FormActions>
        <LinkButton href={`${path}/collection`} kind="primary">
          Download the collection
        </LinkButton>
        <LinkButton href={`${path}/environment`}>Download the environment</LinkButton>
      </FormActions>
      <ol>
        <li>In Postman press “Import” and drop both files there.</li>
        <li>Choose the environment at the top right of Postman.</li>
        {application.type === "confidential" && (
          <li>
            Open the environment, paste the client secret into <code>clientSecret</code> and save.
          </li>
        )}
        {webhookUrl === null && (
          <li>
            Put the endpoint of a webhook that uses OAuth 2.0 into the collection’s variable <code>webhookUrl</code>. You have none yet:{" "}
            <a href="/store/webhook">install a webhook</a> and download the collection again, and it is there.
          </li>
        )}
        <li>Open “Call the webhook” in one of the folders and press “Send”.</li>
      </ol>
    </Section>
  );
}

function ReturnUrlSection({ application }: Pick<PostmanPageProps, "application">) {
  const complete = missingPostmanUris(application.redirectUris).length === 0;
  return (
    <Section
      title="Return URLs"
      intro="In the authorization code grant the browser comes back to Postman by one of these: the first for its desktop app, the second for Postman on the web. Its form shows which under Callback URL."
    >
      <CopyField label="Return URL, desktop app" value={POSTMAN_REDIRECT_URIS[0]} />
      <CopyField label="Return URL, on the web" value={POSTMAN_REDIRECT_URIS[1]} />
      {complete ? (
        <p>Both are redirect URLs of this application.</p>
      ) : (
        <Form action={`/applications/${application.clientId}/postman`}>
          <p>
            They are not redirect URLs of this application yet.
            {application.redirectUris.length === 1 &&
              " Once they are, every authorization request must name its redirect_uri: it can only be left out while there is one. If a program of yours leaves it out, register another application for Postman."}
          </p>
          <FormActions>
            <SubmitButton kind="plain">Add Postman’s return URLs</SubmitButton>
          </FormActions>
        </Form>
      )}
    </Section>
  );
}

/** The fields in the order of Postman's form, under Postman's labels. */
function Settings({ settings }: { readonly settings: readonly PostmanSetting[] }) {
  return (
    <>
      {settings.map(({ key, label, entered, chosen }) => {
        if (entered === null) return <Entry label={label}>Paste the client secret, which was shown once when the application was registered.</Entry>;
        return <CopyField key={key} label={chosen ? `${label} (choose it from the list)` : label} value={entered} />;
      })}
    </>
  );
}

function Entry({ label, children }: { readonly label: string; readonly children: string }) {
  return (
    <div class="copy-field">
      <span class="copy-label">{label}</span>
      <p>{children}</p>
    </div>
  );
}
