import { FORM, type Case, type Endpoint, type Pairs, type RequestTemplate } from "../request.ts";
import { BASIC, each, eachWithEach } from "./client-requests.ts";

const ENDPOINTS: Readonly<Record<string, Endpoint>> = { token: "token", revocation: "revoke", introspection: "introspect", metadata: "metadata" };
const METHODS: Readonly<Record<string, string>> = { GET: "GET", HEAD: "HEAD", PUT: "PUT", DELETE: "DELETE", PATCH: "PATCH", OPTIONS: "OPTIONS" };

const ADDRESSES: Readonly<Record<string, RequestTemplate>> = {
  "GET with all in the address": { endpoint: "token", method: "GET", headers: BASIC, query: [["grant_type", "client_credentials"]] },
  "GET of a token's state in the address": { endpoint: "introspect", method: "GET", headers: BASIC, query: [["token", "{access}"]] },
  "GET to revoke by the address": { endpoint: "revoke", method: "GET", headers: BASIC, query: [["token", "{access}"]] },
  "POST with all in the address": { endpoint: "token", headers: BASIC, query: [["grant_type", "client_credentials"]], body: "" },
  "POST with the secret in the address": {
    endpoint: "token",
    query: [
      ["client_id", "{id}"],
      ["client_secret", "{secret}"],
    ],
    body: [["grant_type", "client_credentials"]],
  },
  "POST with the secret in address and body": {
    endpoint: "token",
    query: [["client_secret", "{secret}"]],
    body: [
      ["grant_type", "client_credentials"],
      ["client_id", "{id}"],
      ["client_secret", "{secret}"],
    ],
  },
  "POST with something harmless in the address": { endpoint: "token", headers: BASIC, query: [["x", "y"]], body: [["grant_type", "client_credentials"]] },
  "POST of the metadata": { endpoint: "metadata", method: "POST", body: [["x", "y"]] },
  "metadata with a query": { endpoint: "metadata", query: [["x", "y"]] },
  "metadata for another site": { endpoint: "metadata", headers: [["Origin", "https://elsewhere.example.com"]] },
  "metadata as another type": { endpoint: "metadata", headers: [["Accept", "text/html"]] },
};

const CREDENTIALS: Pairs = [["grant_type", "client_credentials"]];
const token = (contentType: string | null, body: Pairs | string = CREDENTIALS): RequestTemplate => ({ endpoint: "token", headers: BASIC, contentType, body });

const BODIES: Readonly<Record<string, RequestTemplate>> = {
  JSON: token("application/json", '{"grant_type":"client_credentials"}'),
  "JSON that says it is a form": token(FORM, '{"grant_type":"client_credentials"}'),
  "a form that says it is JSON": token("application/json"),
  "plain text": token("text/plain"),
  multipart: token("multipart/form-data; boundary=x"),
  "no content type": token(null),
  "an empty content type": token(""),
  "a content type without a slash": token("form"),
  "charset UTF-8": token(`${FORM}; charset=utf-8`),
  "another charset": token(`${FORM}; charset=latin`),
  "the content type in upper case": token(FORM.toUpperCase()),
  "a content type that begins alike": token(`${FORM}x`),
  "an empty body": token(FORM, ""),
  "only separators": token(FORM, "&&&"),
  "separators around": token(FORM, "&grant_type=client_credentials&"),
  "a name without a value": token(FORM, "grant_type"),
  "a value without a name": token(FORM, "grant_type=client_credentials&=x"),
  "two equals signs": token(FORM, "grant_type=client_credentials&x=y=z"),
  "a semicolon between": token(FORM, "grant_type=client_credentials;x=y"),
  "a percent-encoded name": token(FORM, "grant%5Ftype=client_credentials"),
  "a broken percent sequence": token(FORM, "grant_type=client_credentials&x=%zz"),
  "bytes that are no UTF-8": token(FORM, "grant_type=client_credentials&x=%ff"),
  "a NUL": token(FORM, "grant_type=client_credentials%00"),
  "a plus sign": token(FORM, "grant_type=client+credentials"),
  "a space behind": token(FORM, "grant_type=client_credentials "),
  "a line break behind": token(FORM, "grant_type=client_credentials\r\n"),
  "brackets behind the name": token(FORM, "grant_type[]=client_credentials"),
  "a name of JavaScript": token(FORM, "grant_type=client_credentials&__proto__=x"),
  "a thousand parameters": token(FORM, `grant_type=client_credentials${"&x=y".repeat(999)}`),
  "a body of 60 KiB": token(FORM, `grant_type=client_credentials&x=${"y".repeat(60 * 1_024)}`),
  "a body of 70 KiB": token(FORM, `grant_type=client_credentials&x=${"y".repeat(70 * 1_024)}`),
};

export const methodsAndBodies: readonly Case[] = [
  ...eachWithEach(ENDPOINTS, METHODS, (endpoint, method) => ({ endpoint, method, headers: endpoint === "metadata" ? [] : BASIC })),
  ...each(ADDRESSES, (request) => request),
  ...each(BODIES, (request) => request),
];
