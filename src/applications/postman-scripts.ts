/**
 * What Postman runs before and after the requests of a collection. The scripts keep what is secret or changes in the environment,
 * so that the collection itself can be shared; they use only what every Postman of today offers.
 */

/** Tokens and secrets have no other place to go. */
const NEEDS_ENVIRONMENT = `
if (!pm.environment.name) {
  throw new Error("Choose the environment that belongs to this collection, at the top right of Postman.");
}`;

const NEEDS_SECRET = `${NEEDS_ENVIRONMENT}
if (!pm.environment.get("clientSecret")) {
  throw new Error("Paste the client secret into the variable clientSecret of the environment.");
}`;

const NEEDS_WEBHOOK = `
if (!pm.variables.get("webhookUrl")) {
  throw new Error("Put the endpoint of a webhook that uses OAuth 2.0 into the variable webhookUrl of the collection.");
}`;

const REMEMBER_TOKENS = `
const now = Number(pm.variables.replaceIn("{{$timestamp}}"));
function rememberTokens(answer) {
  pm.environment.set("accessToken", answer.access_token);
  pm.environment.set("accessTokenExpiresAt", String(now + Number(answer.expires_in)));
  if (answer.refresh_token) pm.environment.set("refreshToken", answer.refresh_token);
}`;

const needsToken = (howToGetOne: string) => `${NEEDS_ENVIRONMENT}
if (!pm.environment.get("accessToken")) {
  throw new Error("There is no access token: ${howToGetOne}.");
}`;

export const beforeTokenRequest = (confidential: boolean) => (confidential ? NEEDS_SECRET : NEEDS_ENVIRONMENT);

export const AFTER_TOKEN_REQUEST = `${REMEMBER_TOKENS}
const answer = pm.response.json();
pm.test("The answer is an access token", () => {
  pm.expect(pm.response.code, answer.error_description).to.equal(200);
  pm.expect(answer.token_type.toLowerCase()).to.equal("bearer");
});
if (pm.response.code === 200) rememberTokens(answer);`;

/** Postman's own OAuth 2.0 form gets no token without a person, so this does: one token for many calls, until half a minute before it expires. */
export const BEFORE_CALL_WITH_CLIENT_CREDENTIALS = `${NEEDS_SECRET}${NEEDS_WEBHOOK}${REMEMBER_TOKENS}
const expiresAt = Number(pm.environment.get("accessTokenExpiresAt") || 0);
if (!pm.environment.get("accessToken") || expiresAt < now + 30) {
  pm.sendRequest({
    url: pm.variables.get("tokenUrl"),
    method: "POST",
    auth: {
      type: "basic",
      basic: [
        { key: "username", value: pm.variables.get("clientId") },
        { key: "password", value: pm.environment.get("clientSecret") },
      ],
    },
    body: {
      mode: "urlencoded",
      urlencoded: [
        { key: "grant_type", value: "client_credentials" },
        { key: "scope", value: pm.variables.get("clientCredentialsScope") },
      ],
    },
  }, (error, response) => {
    if (error) throw error;
    const answer = response.json();
    if (response.code !== 200) throw new Error("No access token: " + answer.error + ". " + answer.error_description);
    rememberTokens(answer);
  });
}`;

export const BEFORE_CALL_WITH_USERS_TOKEN = `${needsToken("send the requests 1 and 2 of this folder first")}${NEEDS_WEBHOOK}`;

/** Postman refuses nothing when its form has no token yet; the answer of the server then says what to do. */
export const BEFORE_CALL_WITH_POSTMANS_TOKEN = NEEDS_WEBHOOK;

/** A token that the server does not take any more is forgotten, so that the next call gets a new one. */
export const AFTER_CALL = `
pm.test("The call is accepted", () => {
  pm.expect(pm.response.code, pm.response.text()).to.equal(200);
});
if (pm.response.code === 401) pm.environment.unset("accessToken");`;

/** A state and a PKCE pair of its own for each request (RFC 6749 section 10.12, RFC 7636 section 4). */
export const BEFORE_AUTHORIZATION_REQUEST = `${NEEDS_ENVIRONMENT}
const random = () => pm.variables.replaceIn("{{$randomUUID}}");
const codeVerifier = random() + random();
const codeChallenge = require("crypto-js").SHA256(codeVerifier).toString(require("crypto-js").enc.Base64)
  .replace(/\\+/g, "-").replace(/\\//g, "_").replace(/=+$/, "");
const state = random();
pm.environment.set("codeVerifier", codeVerifier);
pm.environment.set("state", state);
pm.environment.unset("authorizationCode");
const parameters = {
  client_id: pm.variables.get("clientId"),
  response_type: "code",
  redirect_uri: pm.variables.get("redirectUri"),
  scope: pm.variables.get("scope"),
  state,
  code_challenge: codeChallenge,
  code_challenge_method: "S256",
};
const query = Object.keys(parameters).map((name) => name + "=" + encodeURIComponent(parameters[name])).join("&");
pm.environment.set("authorizationAddress", pm.variables.get("authorizationUrl") + "?" + query);`;

export const AFTER_AUTHORIZATION_REQUEST = `
pm.test("The server takes the authorization request", () => {
  pm.expect(pm.response.code, pm.response.text()).to.be.oneOf([200, 302, 303]);
});
const address = pm.environment.get("authorizationAddress");
console.log("Open this address in a browser: " + address);
pm.visualizer.set(
  '<p>Open this address in a browser, sign in and allow:</p><p><a href="{{address}}">{{address}}</a></p>' +
  "<p>Then copy the address that the browser came back to into the variable authorizationCode of the environment, and send request 2.</p>",
  { address },
);`;

/** Takes the code, or the whole address that the browser came back to; an answer to another request is refused by its state. */
export const beforeExchange = (confidential: boolean) => `${beforeTokenRequest(confidential)}
const pasted = (pm.environment.get("authorizationCode") || "").trim();
if (!pasted) {
  throw new Error("Copy the address that the browser came back to into the variable authorizationCode of the environment.");
}
const parameter = (name) => {
  const found = new RegExp("[?&]" + name + "=([^&#]*)").exec(pasted);
  return found && decodeURIComponent(found[1].replace(/\\+/g, " "));
};
if (parameter("error")) {
  throw new Error("The server refused: " + parameter("error") + ". " + (parameter("error_description") || ""));
}
if (parameter("state") !== null && parameter("state") !== pm.environment.get("state")) {
  throw new Error("This address answers another request: its state is not the one that request 1 made. Send request 1 again.");
}
if (parameter("code") !== null) pm.environment.set("authorizationCode", parameter("code"));`;

/** A code works once. */
export const AFTER_EXCHANGE = `${AFTER_TOKEN_REQUEST}
if (pm.response.code === 200) pm.environment.unset("authorizationCode");`;

export const beforeRefresh = (confidential: boolean) => `${beforeTokenRequest(confidential)}
if (!pm.environment.get("refreshToken")) {
  throw new Error("There is no refresh token: send the requests 1 and 2 first, with the scope offline_access.");
}`;

export const beforeTokenCheck = (confidential: boolean) => `${beforeTokenRequest(confidential)}${needsToken("get one first")}`;

export const AFTER_INTROSPECTION = `
pm.test("The server tells whether the token is active", () => {
  pm.expect(pm.response.code, pm.response.text()).to.equal(200);
  pm.expect(pm.response.json().active).to.be.a("boolean");
});`;

export const AFTER_REVOCATION = `
pm.test("The token is revoked", () => {
  pm.expect(pm.response.code, pm.response.text()).to.equal(200);
});
if (pm.response.code === 200) pm.environment.unset("accessToken");`;
