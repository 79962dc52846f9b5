import type { FastifyInstance } from "fastify";
import { requireAdmin, requireViewer, type FindViewer } from "../identity/viewer.ts";
import { isId } from "../lib/id.ts";
import type { Form } from "../lib/form.ts";
import { registerExportRoutes } from "../web/export-routes.tsx";
import type { Exports } from "../web/exports.ts";
import { notFound } from "../web/page-error.ts";
import { pageRequestOf, queryOf } from "../web/query.ts";
import { renderPage } from "../web/render.tsx";
import type { NavigationEntry } from "../web/viewer.ts";
import { CustomerPage, CustomersPage, EraseCustomerPage } from "./customer-pages.tsx";
import { exportCustomers } from "./customer-export.ts";
import type { Customer } from "./customer.ts";
import type { CustomerStore } from "./customer-store.ts";
import type { FieldCatalogues } from "./field-catalogue.ts";

const ROWS_A_PAGE = 50;

export const customersNavigation: NavigationEntry = { href: "/customers", label: "Customers", icon: "customers", visible: () => true };

interface CustomerRoutesDeps {
  readonly customers: CustomerStore;
  readonly catalogues: FieldCatalogues;
  readonly findViewer: FindViewer;
  readonly exports: Exports;
  /** Takes a customer out of everything that is kept; false when there is none. */
  readonly erase: (brandId: string, customerId: string) => Promise<boolean>;
}

interface ByCustomer {
  Params: { customerId: string };
}

/** The brand's customers, for everybody who is signed in to the brand; admins erase them. */
export function registerCustomerRoutes(scope: FastifyInstance, { customers, catalogues, findViewer, exports, erase }: CustomerRoutesDeps): void {
  const find = async (brandId: string, customerId: string): Promise<Customer> => {
    const customer = isId(customerId) ? await customers.findCustomer(brandId, customerId) : undefined;
    if (!customer) throw notFound("customer");
    return customer;
  };

  scope.get("/customers", async (request, reply) => {
    const { brandId } = requireViewer(request);
    const query = queryOf(request);
    const search = searchOf(query);
    const pageRequest = pageRequestOf(query, ROWS_A_PAGE);
    const page = await customers.listCustomers(brandId, search, pageRequest);
    const looksFurther = page.next !== null && page.rows.length < ROWS_A_PAGE;
    return renderPage(request, reply, <CustomersPage page={page} search={search} after={pageRequest.after} looksFurther={looksFurther} />);
  });

  registerExportRoutes(scope, {
    what: "customers",
    listPath: "/customers",
    narrowedBy: ["q"],
    hint: "The file has a column for each field that a customer can have, also for those that are empty everywhere.",
    requireViewer,
    findViewer,
    exports,
    async *parts(format, query, viewer) {
      const { brandId } = await viewer();
      yield* exportCustomers(format, await catalogues.of(brandId), async (page) => {
        await viewer();
        return customers.listCustomers(brandId, searchOf(query), page);
      });
    },
  });

  scope.get<ByCustomer>("/customers/:customerId", async (request, reply) => {
    const { brandId, isAdmin } = requireViewer(request);
    const customer = await find(brandId, request.params.customerId);
    return renderPage(request, reply, <CustomerPage customer={customer} catalogue={await catalogues.of(brandId)} mayErase={isAdmin} />);
  });

  scope.get<ByCustomer>("/customers/:customerId/erase", async (request, reply) => {
    const { brandId } = requireAdmin(request);
    return renderPage(request, reply, <EraseCustomerPage customer={await find(brandId, request.params.customerId)} />);
  });
  scope.post<ByCustomer>("/customers/:customerId/erase", async (request, reply) => {
    const { brandId } = requireAdmin(request);
    const { id } = await find(brandId, request.params.customerId);
    await erase(brandId, id);
    return reply.setFlash({ notice: "The customer is erased." }).redirect("/customers", 303);
  });
}

function searchOf(query: Form): string | null {
  return query.get("q")?.trim() || null;
}
