import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Clock } from "../lib/clock.ts";
import { renderPage } from "../web/render.tsx";
import type { NavigationEntry, Viewer } from "../web/viewer.ts";
import { MODULES, type Module } from "./brand.ts";
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

/** What is said once an app was switched on or off. */
const NOTICES: Readonly<Record<Module, { readonly on: string; readonly off: string }>> = {
  "oauth2-server": {
    on: "The OAuth 2.0 server is active. Applications are in the menu now.",
    off: "The OAuth 2.0 server is not active any more. Nothing was deleted.",
  },
  "webhook-pro": {
    on: "Webhook Pro is active. Calls are not limited any more.",
    off: "Webhook Pro is not active any more. Calls are limited again.",
  },
};

/** The store's pages, in a console scope. Everybody sees the store; only admins switch its apps on and off. */
export function registerStoreRoutes(scope: FastifyInstance, { brands, clock, requireViewer, requireAdmin, countWebhooks }: StoreRoutesDeps): void {
  scope.get("/store", async (request, reply) => {
    const viewer = requireViewer(request);
    return renderPage(request, reply, <StorePage viewer={viewer} installedWebhooks={await countWebhooks(viewer)} />);
  });

  for (const module of MODULES) {
    scope.post(`/store/${module}/activate`, async (request, reply) => {
      const viewer = requireAdmin(request);
      await brands.activateModule(viewer.brandId, module, clock.now());
      return reply.setFlash({ notice: NOTICES[module].on }).redirect("/store", 303);
    });

    scope.get(`/store/${module}/deactivate`, (request, reply) => renderPage(request, reply, <DeactivatePage module={module} viewer={requireAdmin(request)} />));
    scope.post(`/store/${module}/deactivate`, async (request, reply) => {
      const viewer = requireAdmin(request);
      await brands.deactivateModule(viewer.brandId, module);
      return reply.setFlash({ notice: NOTICES[module].off }).redirect("/store", 303);
    });
  }
}
