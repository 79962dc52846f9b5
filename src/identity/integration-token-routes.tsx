import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { notFound, PageError } from "../web/page-error.ts";
import { renderPage } from "../web/render.tsx";
import type { FieldErrors } from "../web/parts/form.tsx";
import { MAX_INTEGRATION_TOKENS } from "./integration-token.ts";
import type { IntegrationTokens } from "./integration-tokens.ts";
import { IntegrationTokensPage, pathOf, RevokeIntegrationTokenPage } from "./integration-tokens-page.tsx";
import type { UserDirectory } from "./user-directory.ts";
import type { User } from "./user.ts";
import type { UserService } from "./user-service.ts";
import { requireAdmin } from "./viewer.ts";

interface IntegrationTokenRoutesDeps {
  readonly users: UserService;
  readonly directory: UserDirectory;
  readonly integrationTokens: IntegrationTokens;
}

interface ById {
  Params: { id: string };
}

interface ByToken {
  Params: { id: string; tokenId: string };
}

/** For admins only: a token opens webhooks of everybody in the brand. */
export function registerIntegrationTokenRoutes(scope: FastifyInstance, { users, directory, integrationTokens }: IntegrationTokenRoutesDeps): void {
  const find = async (request: FastifyRequest<ById>): Promise<User> => {
    const user = await users.find(requireAdmin(request).brandId, request.params.id);
    if (!user) throw notFound("user");
    return user;
  };
  const show = async (request: FastifyRequest, reply: FastifyReply, user: User, name = "", errors: FieldErrors = {}) => {
    const { secret } = request.flash;
    const page = (
      <IntegrationTokensPage
        user={user}
        isActive={await directory.isActive(user.brandId, user.id)}
        tokens={await integrationTokens.list(user.brandId, user.id)}
        newToken={secret?.of === pathOf(user) ? secret.value : null}
        name={name}
        errors={errors}
      />
    );
    return renderPage(request, reply, page, Object.keys(errors).length > 0 ? 422 : 200);
  };

  scope.get<ById>("/users/:id/integration-tokens", async (request, reply) => show(request, reply, await find(request)));
  scope.post<ById>("/users/:id/integration-tokens", async (request, reply) => {
    const user = await find(request);
    const name = request.form.get("name") ?? "";
    const issued = await integrationTokens.issue(user.brandId, user.id, name);
    switch (issued.kind) {
      case "issued":
        return reply.setFlash({ secret: { of: pathOf(user), value: issued.secret } }).redirect(pathOf(user), 303);
      case "invalid":
        return show(request, reply, user, name, issued.errors);
      case "too-many":
        throw new PageError(409, `The user has ${MAX_INTEGRATION_TOKENS} integration tokens already.`, "Go back, revoke one of them, then make another.");
      default:
        throw notFound("user");
    }
  });

  const findToken = async (request: FastifyRequest<ByToken>) => {
    const user = await find(request);
    const token = (await integrationTokens.list(user.brandId, user.id)).find(({ id }) => id === request.params.tokenId);
    if (!token) throw notFound("integration token");
    return { user, token };
  };
  scope.get<ByToken>("/users/:id/integration-tokens/:tokenId/revoke", async (request, reply) =>
    renderPage(request, reply, <RevokeIntegrationTokenPage {...await findToken(request)} />),
  );
  scope.post<ByToken>("/users/:id/integration-tokens/:tokenId/revoke", async (request, reply) => {
    const { user, token } = await findToken(request);
    await integrationTokens.revoke(user.brandId, user.id, token.id);
    return reply.setFlash({ notice: `The integration token ${token.name} is revoked.` }).redirect(pathOf(user), 303);
  });
}
