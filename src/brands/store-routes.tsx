import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Clock } from "../lib/clock.ts";
import { renderPage } from "../web/render.tsx";
import type { NavigationEntry, Viewer } from "../web/viewer.ts";
import type { BrandStore } from "./brand-store.ts";
import { DeactivatePage, StorePage } from "./store-page.tsx";

export const storeNavigation: NavigationEntry = { href: "/store", label: "Store", icon: "store", visible: () => true };

interface StoreRoutesDeps {
  readonly brands: BrandStore;
  readonly clock: Clock;
  /** The guards come from outside: brands know neither users nor webhooks. */
  readonly requireViewer: (request: FastifyRequest) => Viewer;
  readonly requireAdmin: (request: FastifyRequest) => Viewer;
  /** How many webhooks the viewer may see. */
  readonly countWebhooks: (viewer: Viewer) => Promise<number>;
}

const MODULE = "oauth2-server";

/** The store's pages, in a console scope. Everybody sees the store; only admins switch its apps on and off. */
export function registerStoreRoutes(scope: FastifyInstance, { brands, clock, requireViewer, requireAdmin, countWebhooks }: StoreRoutesDeps): void {
  scope.get("/store", async (request, reply) => {
    const viewer = requireViewer(request);
    return renderPage(request, reply, <StorePage viewer={viewer} installedWebhooks={await countWebhooks(viewer)} />);
  });

  scope.post(`/store/${MODULE}/activate`, async (request, reply) => {
    const viewer = requireAdmin(request);
    await brands.activateModule(viewer.brandId, MODULE, clock.now());
    return reply.setFlash({ notice: "The OAuth 2.0 server is active. Applications are in the menu now." }).redirect("/store", 303);
  });

  scope.get(`/store/${MODULE}/deactivate`, (request, reply) => renderPage(request, reply, <DeactivatePage viewer={requireAdmin(request)} />));
  scope.post(`/store/${MODULE}/deactivate`, async (request, reply) => {
    const viewer = requireAdmin(request);
    await brands.deactivateModule(viewer.brandId, MODULE);
    return reply.setFlash({ notice: "The OAuth 2.0 server is not active any more. Nothing was deleted." }).redirect("/store", 303);
  });
}
