import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ApplicationService } from "../applications/application-service.ts";
import type { UserService } from "../identity/user-service.ts";
import { requireAdmin, requireViewer } from "../identity/viewer.ts";
import { isId } from "../lib/id.ts";
import { notFound } from "../web/page-error.ts";
import { renderPage } from "../web/render.tsx";
import type { Viewer } from "../web/viewer.ts";
import type { WebhookService } from "../webhooks/webhook-service.ts";
import { DeleteUserPage, hasAny, PossessionsTable } from "./delete-user-page.tsx";
import type { Ownership, Possessions, Transferred } from "./ownership.ts";
import type { Transferable } from "./ownership-store.ts";
import { NothingToTransferPage, TransferPage, transferOfApplication, transferOfEverything, transferOfWebhook, type Transfer } from "./transfer-page.tsx";

interface OwnershipRoutesDeps {
  readonly ownership: Ownership;
  readonly users: UserService;
  readonly applications: ApplicationService;
  readonly webhooks: WebhookService;
}

interface ById {
  Params: { id: string };
}

/** What one page passes on. */
interface Subject {
  readonly what: Transferable;
  readonly ownerId: string;
  readonly transfer: Transfer;
  /** What goes along, where it is more than one thing. */
  readonly possessions?: Possessions;
}

/** Transferring and deleting, for admins. Where a member sees nothing there is nothing; where it is the member's own, an admin is needed. */
export function registerOwnershipRoutes(scope: FastifyInstance, deps: OwnershipRoutesDeps): void {
  const { ownership, users, applications, webhooks } = deps;

  registerTransfer(scope, ownership, "application", async (viewer, clientId) => {
    const application = await applications.find(viewer, clientId);
    return application && { what: { clientId }, ownerId: application.ownerId, transfer: transferOfApplication(application.name, clientId) };
  });
  registerTransfer(scope, ownership, "webhook", async (viewer, webhookId) => {
    const webhook = await webhooks.find(viewer, webhookId);
    return webhook && { what: { webhookId }, ownerId: webhook.ownerId, transfer: transferOfWebhook(webhook.name, webhookId) };
  });
  registerTransfer(scope, ownership, "user", async (viewer, ownerId) => {
    const user = await users.find(viewer.brandId, ownerId);
    if (!user || !viewer.isAdmin) return undefined;
    return { what: { ownerId }, ownerId, transfer: transferOfEverything(user.name, ownerId), possessions: await ownership.listOf(viewer.brandId, ownerId) };
  });
  registerDeletingUsers(scope, deps);
}

function registerTransfer(
  scope: FastifyInstance,
  ownership: Ownership,
  kind: "application" | "webhook" | "user",
  find: (viewer: Viewer, id: string) => Promise<Subject | undefined>,
): void {
  const findFor = async (request: FastifyRequest<ById>): Promise<Subject> => {
    const viewer = kind === "user" ? requireAdmin(request) : requireViewer(request);
    const { id } = request.params;
    const subject = isId(id) ? await find(viewer, id) : undefined;
    if (!subject) throw notFound(kind);
    requireAdmin(request);
    return subject;
  };
  const show = async (request: FastifyRequest, reply: FastifyReply, { transfer, ownerId, possessions }: Subject, error?: string) => {
    if (possessions && !hasAny(possessions)) return renderPage(request, reply, <NothingToTransferPage transfer={transfer} />);
    const recipients = await ownership.listRecipients(requireAdmin(request).brandId, ownerId);
    const page = (
      <TransferPage transfer={transfer} recipients={recipients} error={error}>
        {possessions && <PossessionsTable of={possessions} />}
      </TransferPage>
    );
    return renderPage(request, reply, page, error === undefined ? 200 : 422);
  };

  scope.get<ById>(`/${kind}s/:id/transfer`, async (request, reply) => show(request, reply, await findFor(request)));
  scope.post<ById>(`/${kind}s/:id/transfer`, async (request, reply) => {
    const subject = await findFor(request);
    const transferred = await ownership.transfer(requireAdmin(request).brandId, subject.what, request.form.get("to") ?? "");
    if (transferred.kind === "invalid") return show(request, reply, subject, transferred.error);
    return reply.setFlash({ notice: noticeOf(subject, transferred) }).redirect(subject.transfer.path, 303);
  });
}

function noticeOf({ transfer, possessions }: Subject, { to, applications, webhooks }: Extract<Transferred, { kind: "transferred" }>): string {
  if (!possessions) return `${transfer.name} belongs to ${to.name} now.`;
  return `${counted(applications, "application")} and ${counted(webhooks, "webhook")} belong to ${to.name} now.`;
}

function counted(count: number, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}

function registerDeletingUsers(scope: FastifyInstance, { ownership, users }: OwnershipRoutesDeps): void {
  const show = async (request: FastifyRequest<ById>, reply: FastifyReply, outcome?: "owns-things" | "last-admin") => {
    const viewer = requireAdmin(request);
    const user = await users.find(viewer.brandId, request.params.id);
    if (!user) throw notFound("user");
    const possessions = await ownership.listOf(viewer.brandId, user.id);
    const page = <DeleteUserPage user={user} isViewer={user.id === viewer.userId} possessions={possessions} isLastAdmin={outcome === "last-admin"} />;
    return renderPage(request, reply, page, outcome === undefined ? 200 : 422);
  };

  scope.get<ById>("/users/:id/delete", (request, reply) => show(request, reply));
  scope.post<ById>("/users/:id/delete", async (request, reply) => {
    const viewer = requireAdmin(request);
    const user = await users.find(viewer.brandId, request.params.id);
    const outcome = await ownership.deleteUser(viewer.brandId, request.params.id);
    if (!user || outcome === "not-found") throw notFound("user");
    if (outcome !== "deleted") return show(request, reply, outcome);
    return reply.setFlash({ notice: `${user.name} is deleted.` }).redirect("/users", 303);
  });
}
