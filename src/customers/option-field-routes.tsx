import type { FastifyInstance, FastifyRequest } from "fastify";
import { requireAdmin, requireViewer } from "../identity/viewer.ts";
import { notFound } from "../web/page-error.ts";
import { renderPage } from "../web/render.tsx";
import { MAX_OPTION_FIELDS, type OptionField, type OptionFieldDraft } from "./option-field.ts";
import {
  DeleteOptionFieldPage,
  EditOptionFieldPage,
  NEW_OPTION_FIELD_PATH,
  NewOptionFieldPage,
  OPTION_FIELDS_PATH,
  OptionFieldsPage,
} from "./option-field-pages.tsx";
import type { OptionFieldService } from "./option-field-service.ts";

interface ByName {
  Params: { name: string };
}

/** The brand's option fields: everybody in it sees them, admins change them. */
export function registerOptionFieldRoutes(scope: FastifyInstance, optionFields: OptionFieldService): void {
  const findForAdmin = async (request: FastifyRequest<ByName>): Promise<OptionField> => {
    const field = await optionFields.find(requireAdmin(request).brandId, request.params.name);
    if (!field) throw notFound("option field");
    return field;
  };

  scope.get(OPTION_FIELDS_PATH, async (request, reply) => {
    const { brandId, isAdmin } = requireViewer(request);
    return renderPage(request, reply, <OptionFieldsPage fields={await optionFields.list(brandId)} isAdmin={isAdmin} />);
  });

  scope.get(NEW_OPTION_FIELD_PATH, (request, reply) => {
    requireAdmin(request);
    return renderPage(request, reply, <NewOptionFieldPage draft={{ label: "", kind: "text", choices: "" }} errors={{}} />);
  });
  scope.post(NEW_OPTION_FIELD_PATH, async (request, reply) => {
    const { brandId } = requireAdmin(request);
    const draft = draftOf(request);
    const added = await optionFields.add(brandId, draft);
    if (added.kind === "added")
      return reply.setFlash({ notice: `The option field is added. Mappings call it ${added.name}.` }).redirect(OPTION_FIELDS_PATH, 303);
    const errors = added.kind === "invalid" ? added.errors : { label: `A brand has at most ${MAX_OPTION_FIELDS} option fields. Delete one first.` };
    return renderPage(request, reply, <NewOptionFieldPage draft={draft} errors={errors} />, 422);
  });

  scope.get<ByName>("/customers/fields/:name/edit", async (request, reply) => {
    const field = await findForAdmin(request);
    return renderPage(request, reply, <EditOptionFieldPage field={field} draft={{ ...field, choices: field.choices.join("\n") }} errors={{}} />);
  });
  scope.post<ByName>("/customers/fields/:name/edit", async (request, reply) => {
    const field = await findForAdmin(request);
    const draft = draftOf(request);
    const changed = await optionFields.change(field, draft);
    if (changed.kind === "gone") throw notFound("option field");
    if (changed.kind === "invalid") return renderPage(request, reply, <EditOptionFieldPage field={field} draft={draft} errors={changed.errors} />, 422);
    return reply.setFlash({ notice: "The option field is saved." }).redirect(OPTION_FIELDS_PATH, 303);
  });

  scope.post<ByName>("/customers/fields/:name/move", async (request, reply) => {
    const field = await findForAdmin(request);
    const direction = request.form.get("direction");
    if (direction === "up" || direction === "down") await optionFields.move(field, direction);
    return reply.redirect(OPTION_FIELDS_PATH, 303);
  });

  scope.get<ByName>("/customers/fields/:name/delete", async (request, reply) => {
    const field = await findForAdmin(request);
    return renderPage(request, reply, <DeleteOptionFieldPage field={field} writing={await optionFields.listWebhooksWriting(field)} />);
  });
  scope.post<ByName>("/customers/fields/:name/delete", async (request, reply) => {
    const field = await findForAdmin(request);
    const outcome = await optionFields.delete(field);
    if (outcome === "not-found") throw notFound("option field");
    if (outcome === "written") {
      return renderPage(request, reply, <DeleteOptionFieldPage field={field} writing={await optionFields.listWebhooksWriting(field)} />, 409);
    }
    return reply.setFlash({ notice: `${field.label} is deleted.` }).redirect(OPTION_FIELDS_PATH, 303);
  });
}

function draftOf({ form }: FastifyRequest): OptionFieldDraft {
  return { label: form.get("label") ?? "", kind: form.get("kind") ?? "", choices: form.get("choices") ?? "" };
}
