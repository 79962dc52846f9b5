/**
 * A collection (format 2.1) and an environment for Postman, with the values of one application: everything that it can do, ready
 * to send. The collection holds no secret and may be shared; the environment is where the secret is pasted and tokens are kept.
 */
import type { Application } from "./application.ts";
import {
  AFTER_AUTHORIZATION_REQUEST,
  AFTER_CALL,
  AFTER_EXCHANGE,
  AFTER_INTROSPECTION,
  AFTER_REVOCATION,
  AFTER_TOKEN_REQUEST,
  BEFORE_AUTHORIZATION_REQUEST,
  BEFORE_CALL_WITH_CLIENT_CREDENTIALS,
  BEFORE_CALL_WITH_POSTMANS_TOKEN,
  BEFORE_CALL_WITH_USERS_TOKEN,
  beforeExchange,
  beforeRefresh,
  beforeTokenCheck,
  beforeTokenRequest,
} from "./postman-scripts.ts";
import { authorizationCodeSettings, isPostmanUri } from "./postman-settings.ts";
import { clientCredentialsScope } from "./token-examples.ts";

const SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json";

interface CollectionValues {
  readonly application: Application;
  readonly issuer: string;
  /** The endpoint of a webhook that takes the application's tokens; null when there is none yet. */
  readonly webhookUrl: string | null;
}

/** Folders of what this application can do: a public one has no client credentials and cannot introspect. */
export function postmanCollection({ application, issuer, webhookUrl }: CollectionValues): object {
  const confidential = application.type === "confidential";
  const ownScope = clientCredentialsScope(application);
  return {
    info: {
      _postman_id: application.clientId,
      name: `${application.name} (Hookgate)`,
      description: `Tokens and calls of the application ${application.clientId} at ${issuer}. Import its environment as well, choose it, and paste the client secret there.`,
      schema: SCHEMA,
    },
    variable: variables({
      clientId: application.clientId,
      tokenUrl: `${issuer}/oauth2/token`,
      authorizationUrl: `${issuer}/oauth2/auth`,
      introspectionUrl: `${issuer}/oauth2/introspect`,
      revocationUrl: `${issuer}/oauth2/revoke`,
      scope: application.scopes.join(" "),
      clientCredentialsScope: ownScope ?? "",
      // Not Postman's: its page would hand the code to Postman's form.
      redirectUri: application.redirectUris.find((uri) => !isPostmanUri(uri)) ?? application.redirectUris[0] ?? "",
      webhookUrl: webhookUrl ?? "",
    }),
    item: [
      ...(ownScope === null ? [] : [clientCredentialsFolder()]),
      ...(application.redirectUris.length === 0 ? [] : [postmanFormFolder(application, issuer), stepsFolder(application)]),
      tokenFolder(confidential),
    ],
  };
}

const secret = (key: string) => ({ key, value: "", type: "secret", enabled: true });
const plain = (key: string) => ({ key, value: "", type: "default", enabled: true });

/** Holds no secret: its place is there, marked as one, and empty. */
export function postmanEnvironment({ clientId, name, type }: Application): object {
  return {
    id: clientId,
    name: `${name} (Hookgate)`,
    values: [
      ...(type === "confidential" ? [secret("clientSecret")] : []),
      secret("accessToken"),
      plain("accessTokenExpiresAt"),
      secret("refreshToken"),
      plain("authorizationAddress"),
      plain("authorizationCode"),
      plain("state"),
      secret("codeVerifier"),
    ],
    _postman_variable_scope: "environment",
  };
}

const variables = (values: Readonly<Record<string, string>>) => Object.entries(values).map(([key, value]) => ({ key, value, type: "string" }));

function clientCredentialsFolder(): object {
  return {
    name: "Client credentials",
    description: "For an application that acts by itself. The call gets a token when it needs one, and keeps it until it expires.",
    item: [
      {
        name: "Call the webhook",
        event: events(BEFORE_CALL_WITH_CLIENT_CREDENTIALS, AFTER_CALL),
        request: callRequest(BEARER),
      },
      {
        name: "Get an access token",
        event: events(beforeTokenRequest(true), AFTER_TOKEN_REQUEST),
        request: formRequest("tokenUrl", true, { grant_type: "client_credentials", scope: "{{clientCredentialsScope}}" }),
      },
    ],
  };
}

function postmanFormFolder(application: Application, issuer: string): object {
  return {
    name: "Authorization code, with Postman's form",
    description: "Open the tab Authorization of this folder, press “Get New Access Token”, sign in, allow, and press “Use Token”. Allow pop-ups.",
    auth: { type: "oauth2", oauth2: [...helperSettings(application, issuer)] },
    item: [{ name: "Call the webhook", event: events(BEFORE_CALL_WITH_POSTMANS_TOKEN, AFTER_CALL), request: callRequest(null) }],
  };
}

/** What Postman's form holds when the folder is opened, by the names that Postman's files have for its fields. */
function helperSettings(application: Application, issuer: string): readonly object[] {
  return [
    // Until “Use Token” puts another one here: the token of the step by step folder.
    { key: "accessToken", value: "{{accessToken}}", type: "string" },
    { key: "useBrowser", value: false, type: "boolean" },
    { key: "refreshTokenUrl", value: `${issuer}/oauth2/token`, type: "string" },
    ...authorizationCodeSettings(application, issuer).map(({ key, stored }) => ({ key, value: stored, type: "string" })),
  ];
}

function stepsFolder({ type, scopes }: Application): object {
  const confidential = type === "confidential";
  const refresh = {
    name: "4. Refresh the access token",
    event: events(beforeRefresh(confidential), AFTER_TOKEN_REQUEST),
    request: formRequest("tokenUrl", confidential, { grant_type: "refresh_token", refresh_token: "{{refreshToken}}" }),
  };
  return {
    name: "Authorization code, step by step",
    description: "The same in single requests: consent in a browser of your choice, then the exchange of the code.",
    item: [
      {
        name: "1. Make the address for the browser",
        event: events(BEFORE_AUTHORIZATION_REQUEST, AFTER_AUTHORIZATION_REQUEST),
        request: {
          method: "GET",
          auth: { type: "noauth" },
          url: "{{authorizationAddress}}",
          description: "Send it, and open the address that “Visualize” shows in a browser.",
        },
        // What the server shows is meant for the browser.
        protocolProfileBehavior: { followRedirects: false },
      },
      {
        name: "2. Exchange the code",
        event: events(beforeExchange(confidential), AFTER_EXCHANGE),
        request: formRequest("tokenUrl", confidential, {
          grant_type: "authorization_code",
          code: "{{authorizationCode}}",
          redirect_uri: "{{redirectUri}}",
          code_verifier: "{{codeVerifier}}",
        }),
      },
      { name: "3. Call the webhook", event: events(BEFORE_CALL_WITH_USERS_TOKEN, AFTER_CALL), request: callRequest(BEARER) },
      ...(scopes.includes("offline_access") ? [refresh] : []),
    ],
  };
}

function tokenFolder(confidential: boolean): object {
  const parameters = { token: "{{accessToken}}" };
  const introspect = {
    name: "Introspect the access token",
    event: events(beforeTokenCheck(true), AFTER_INTROSPECTION),
    request: formRequest("introspectionUrl", true, parameters),
  };
  const revoke = {
    name: "Revoke the access token",
    event: events(beforeTokenCheck(confidential), AFTER_REVOCATION),
    request: formRequest("revocationUrl", confidential, parameters),
  };
  return {
    name: "The access token",
    description: "What the server says about the token in the environment, and the end of it.",
    item: confidential ? [introspect, revoke] : [revoke],
  };
}

function events(before: string, after: string): readonly object[] {
  return [event("prerequest", before), event("test", after)];
}

const event = (listen: string, script: string) => ({ listen, script: { type: "text/javascript", exec: script.trim().split("\n") } });

const BEARER = { type: "bearer", bearer: [{ key: "token", value: "{{accessToken}}", type: "string" }] };

/** `auth` null: that of the folder. */
function callRequest(auth: object | null): object {
  return {
    method: "POST",
    ...(auth && { auth }),
    header: [{ key: "Content-Type", value: "application/json" }],
    body: { mode: "raw", raw: JSON.stringify({ firstname: "Oauth", email: "oauth2@example.com" }, null, 2), options: { raw: { language: "json" } } },
    url: "{{webhookUrl}}",
  };
}

/** A confidential client proves itself by Basic; a public one names itself in the body (RFC 6749 sections 2.3.1 and 3.2.1). */
function formRequest(urlVariable: string, confidential: boolean, parameters: Readonly<Record<string, string>>): object {
  const basic = [
    { key: "username", value: "{{clientId}}", type: "string" },
    { key: "password", value: "{{clientSecret}}", type: "string" },
  ];
  const sent = confidential ? parameters : { ...parameters, client_id: "{{clientId}}" };
  return {
    method: "POST",
    auth: confidential ? { type: "basic", basic } : { type: "noauth" },
    body: { mode: "urlencoded", urlencoded: Object.entries(sent).map(([key, value]) => ({ key, value, type: "text" })) },
    url: `{{${urlVariable}}}`,
  };
}
