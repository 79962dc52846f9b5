import type { FastifyInstance } from "fastify";
import type { BrandDirectory } from "../brands/brand-directory.ts";
import type { Clock } from "../lib/clock.ts";
import type { Cookies } from "../web/cookies.ts";
import { registerAccountRoutes } from "./account-routes.tsx";
import { registerIntegrationTokenRoutes } from "./integration-token-routes.tsx";
import type { IntegrationTokens } from "./integration-tokens.ts";
import { registerLinkRoutes } from "./link-routes.tsx";
import type { PasswordChange } from "./password-change.ts";
import type { SetUp } from "./set-up.ts";
import type { SignIn } from "./sign-in.ts";
import { registerSignInRoutes } from "./sign-in-routes.tsx";
import type { UserDirectory } from "./user-directory.ts";
import { registerUserRoutes } from "./user-routes.tsx";
import type { UserService } from "./user-service.ts";

export interface IdentityRoutesDeps {
  readonly signIn: SignIn;
  readonly setUp: SetUp;
  readonly users: UserService;
  readonly directory: UserDirectory;
  readonly integrationTokens: IntegrationTokens;
  readonly passwordChange: PasswordChange;
  readonly brands: BrandDirectory;
  readonly cookies: Cookies;
  readonly clock: Clock;
  /** Public base URL without a trailing slash. */
  readonly publicUrl: string;
}

/** Every page of this module, in a console scope in which `registerViewer` has run. */
export function registerIdentityRoutes(scope: FastifyInstance, deps: IdentityRoutesDeps): void {
  registerSignInRoutes(scope, deps);
  registerLinkRoutes(scope, deps);
  registerUserRoutes(scope, deps);
  registerIntegrationTokenRoutes(scope, deps);
  registerAccountRoutes(scope, deps);
}
