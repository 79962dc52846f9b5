/** The clients of the matrix: a new one is a file in `clients/`, an exact devDependency, and a line here. */
import type { ClientAdapter } from "./client-adapter.ts";
import { arctic } from "./clients/arctic.ts";
import { axiosOauthClient } from "./clients/axios-oauth-client.ts";
import { badgatewayOauth2Client } from "./clients/badgateway-oauth2-client.ts";
import { clientOauth2 } from "./clients/client-oauth2.ts";
import { oauth4webapi } from "./clients/oauth4webapi.ts";
import { openidClient } from "./clients/openid-client.ts";
import { passportOauth2 } from "./clients/passport-oauth2.ts";
import { postmanRuntime } from "./clients/postman-runtime.ts";
import { simpleOauth2 } from "./clients/simple-oauth2.ts";

export const CLIENTS: readonly ClientAdapter[] = [
  oauth4webapi,
  openidClient,
  simpleOauth2,
  passportOauth2,
  clientOauth2,
  badgatewayOauth2Client,
  axiosOauthClient,
  arctic,
  postmanRuntime,
];
