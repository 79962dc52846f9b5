import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { renderPage } from "../web/render.tsx";
import type { FieldErrors } from "../web/parts/form.tsx";
import type { NavigationEntry, Viewer } from "../web/viewer.ts";
import { notFound } from "../web/page-error.ts";
import { checkBrandSettings, typedSettings, type BrandSettings, type TypedSettings } from "./brand-settings.ts";
import type { Brand } from "./brand.ts";
import type { BrandStore } from "./brand-store.ts";
import { KeepCallsPage, SettingsPage, type ListedKey } from "./settings-page.tsx";

export const settingsNavigation: NavigationEntry = { href: "/settings", label: "Settings", icon: "settings", visible: () => true };

interface SettingsDependencies {
  readonly brands: BrandStore;
  /** The key ring's own list. */
  readonly keys: { list(): Promise<readonly ListedKey[]> };
  /** Without a trailing slash. */
  readonly publicUrl: string;
  readonly version: string;
  /** The guards come from outside: brands know no users. */
  readonly requireViewer: (request: FastifyRequest) => Viewer;
  readonly requireAdmin: (request: FastifyRequest) => Viewer;
}

/** Settings: everybody reads the brand and its addresses, admins change the brand and see the keys. */
export function registerSettingsRoutes(scope: FastifyInstance, deps: SettingsDependencies): void {
  scope.get("/settings", async (request, reply) => {
    const viewer = deps.requireViewer(request);
    return showSettings(deps, request, reply, viewer, typedSettings(await getBrand(deps.brands, viewer)));
  });

  scope.post("/settings", async (request, reply) => {
    const viewer = deps.requireAdmin(request);
    const { form } = request;
    const typed = { name: form.get("name") ?? "", timeZone: form.get("timeZone") ?? "", callsKept: form.get("callsKept") ?? "" };
    const checked = checkBrandSettings(typed);
    if (!checked.ok) return showSettings(deps, request, reply, viewer, typed, checked.errors);
    if (!form.has("confirmed") && keepsLess(checked.settings, await getBrand(deps.brands, viewer))) {
      return renderPage(request, reply, <KeepCallsPage settings={typed} />);
    }
    const outcome = await deps.brands.updateBrand(viewer.brandId, checked.settings);
    if (outcome === "not-found") throw notFound("brand");
    if (outcome === "name-taken") {
      return showSettings(deps, request, reply, viewer, typed, { name: "This name is taken. Choose another one." });
    }
    return reply.setFlash({ notice: "The settings are saved." }).redirect("/settings", 303);
  });
}

async function getBrand(brands: BrandStore, { brandId }: Viewer): Promise<Brand> {
  const brand = await brands.findBrand(brandId);
  if (!brand) throw notFound("brand");
  return brand;
}

/** Calls that are there now would be deleted sooner, which nobody can take back. */
function keepsLess({ callsKeptDays }: BrandSettings, before: Brand): boolean {
  return callsKeptDays !== null && callsKeptDays < (before.callsKeptDays ?? Infinity);
}

async function showSettings(
  deps: SettingsDependencies,
  request: FastifyRequest,
  reply: FastifyReply,
  viewer: Viewer,
  settings: TypedSettings,
  errors?: FieldErrors,
): Promise<FastifyReply> {
  const keys = viewer.isAdmin ? (await deps.keys.list()).toSorted((a, b) => b.id - a.id) : null;
  const page = (
    <SettingsPage settings={settings} {...(errors && { errors })} isAdmin={viewer.isAdmin} publicUrl={deps.publicUrl} keys={keys} version={deps.version} />
  );
  return renderPage(request, reply, page, errors ? 422 : 200);
}
