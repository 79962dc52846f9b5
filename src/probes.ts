import type { FastifyInstance } from "fastify";
import type { Changes } from "./lib/changes.ts";

/** For whoever watches over the process: is it alive, and may it get traffic. */
export function registerProbes(app: FastifyInstance, { changes }: { readonly changes: Changes }): void {
  app.get("/livez", (_request, reply) => reply.header("Cache-Control", "no-store").send({ status: "alive" }));
  app.get("/readyz", async (request, reply) => {
    reply.header("Cache-Control", "no-store");
    try {
      // Answered only when the store can be asked; keys and revocations were loaded before the server listened.
      await changes.current();
      return reply.send({ status: "ready" });
    } catch (error) {
      request.log.warn({ err: error }, "the store cannot be asked");
      return reply.code(503).header("Retry-After", "1").send({ status: "not ready" });
    }
  });
}
