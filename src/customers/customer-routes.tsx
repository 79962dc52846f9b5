import type { FastifyInstance } from "fastify";
import { requireViewer } from "../identity/viewer.ts";
import { isId } from "../lib/id.ts";
import { notFound } from "../web/page-error.ts";
import { pageRequestOf, queryOf } from "../web/query.ts";
import { renderPage } from "../web/render.tsx";
import type { NavigationEntry } from "../web/viewer.ts";
import { CustomerPage, CustomersPage } from "./customer-pages.tsx";
import type { CustomerStore } from "./customer-store.ts";

const ROWS_A_PAGE = 50;

export const customersNavigation: NavigationEntry = { href: "/customers", label: "Customers", icon: "customers", visible: () => true };

/** The brand's customers, for everybody who is signed in to the brand. */
export function registerCustomerRoutes(scope: FastifyInstance, { customers }: { readonly customers: CustomerStore }): void {
  scope.get("/customers", async (request, reply) => {
    const { brandId } = requireViewer(request);
    const query = queryOf(request);
    const search = query.get("q")?.trim() || null;
    const pageRequest = pageRequestOf(query, ROWS_A_PAGE);
    const page = await customers.listCustomers(brandId, search, pageRequest);
    return renderPage(request, reply, <CustomersPage page={page} search={search} after={pageRequest.after} />);
  });

  scope.get<{ Params: { customerId: string } }>("/customers/:customerId", async (request, reply) => {
    const { brandId } = requireViewer(request);
    const { customerId } = request.params;
    const customer = isId(customerId) ? await customers.findCustomer(brandId, customerId) : undefined;
    if (!customer) throw notFound("customer");
    return renderPage(request, reply, <CustomerPage customer={customer} />);
  });
}
