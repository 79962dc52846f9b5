import type { FastifyInstance } from "fastify";
import { requireViewer } from "../identity/viewer.ts";
import { notFound } from "../web/page-error.ts";
import { pageRequestOf, queryOf } from "../web/query.ts";
import { renderPage } from "../web/render.tsx";
import type { Consents } from "./consents.ts";
import { CONSENTS_PATH, ConsentsPage, WithdrawConsentPage } from "./consents-page.tsx";

interface ById {
  Params: { id: string };
}

const ROWS_A_PAGE = 50;

/** The pages where users see what they have allowed, and withdraw it; also while the brand's OAuth 2.0 server is switched off. */
export function registerConsentsRoutes(scope: FastifyInstance, consents: Consents): void {
  scope.get(CONSENTS_PATH, async (request, reply) => {
    const { brandId, userId } = requireViewer(request);
    const pageRequest = pageRequestOf(queryOf(request), ROWS_A_PAGE);
    const page = await consents.list(brandId, userId, pageRequest);
    return renderPage(request, reply, <ConsentsPage page={page} after={pageRequest.after} />);
  });

  // The id is the client's: a user has one consent to each.
  scope.get<ById>(`${CONSENTS_PATH}/:id/withdraw`, async (request, reply) => {
    const { brandId, userId } = requireViewer(request);
    const consent = await consents.find(brandId, request.params.id, userId);
    if (!consent) throw notFound("consent");
    return renderPage(request, reply, <WithdrawConsentPage consent={consent} isViewers />);
  });
  scope.post<ById>(`${CONSENTS_PATH}/:id/withdraw`, async (request, reply) => {
    const { brandId, userId } = requireViewer(request);
    if (!(await consents.withdraw(brandId, request.params.id, userId))) throw notFound("consent");
    return reply.setFlash({ notice: "The consent is withdrawn." }).redirect(CONSENTS_PATH, 303);
  });
}
