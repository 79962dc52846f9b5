/**
 * What a client library that nobody here wrote does with Hookgate, in one shape for all of them. An adapter calls the library as its
 * own documents tell; it must not make up a request that the library cannot send. What is not declared is not supported.
 */

/** One registered client, and where its server is. */
export interface Registration {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  /** Empty where the server does not advertise one; then nothing that needs it runs. */
  readonly revocationEndpoint: string;
  readonly introspectionEndpoint: string;
  readonly clientId: string;
  /** Null for a public client. */
  readonly clientSecret: string | null;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  /** The file for Postman, as its owner downloads it from the console. */
  readonly postmanFile: (kind: "collection" | "environment") => Promise<object>;
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken?: string | undefined;
}

/** Sends the user to the authorization endpoint, lets them allow it, and gives the whole address that they come back to. */
export type Visit = (authorizationAddress: string) => Promise<string>;

/** In the order of the matrix's columns. */
export const FEATURES = {
  credentialsByBasic: "client credentials, Basic",
  credentialsInBody: "client credentials, body",
  codeWithPkce: "code with PKCE",
  codeOfPublicClient: "code with PKCE, public client",
  codeWithoutPkce: "code without PKCE",
  refresh: "refresh",
  revoke: "revocation",
  introspect: "introspection",
  errorCode: "tells the error code",
} as const;

export type Feature = keyof typeof FEATURES;

interface FeatureCalls {
  credentialsByBasic(server: Registration): Promise<Tokens>;
  credentialsInBody(server: Registration): Promise<Tokens>;
  codeWithPkce(server: Registration, visit: Visit): Promise<Tokens>;
  codeOfPublicClient(server: Registration, visit: Visit): Promise<Tokens>;
  codeWithoutPkce(server: Registration, visit: Visit): Promise<Tokens>;
  refresh(server: Registration, refreshToken: string): Promise<Tokens>;
  revoke(server: Registration, token: string): Promise<void>;
  /** Whether the token is active. */
  introspect(server: Registration, token: string): Promise<boolean>;
  /** The server's `error`, out of what the library threw. */
  errorCode(error: unknown): unknown;
}

export interface ClientAdapter extends Readonly<Partial<FeatureCalls>> {
  /** The package's name; its version is the one in package.json. */
  readonly package: string;
  /** What its users should know, and why, as sentences in Markdown. */
  readonly notes: readonly string[];
}
