import type { FastifyReply, FastifyRequest } from "fastify";
import { createContext, type VNode } from "preact";
import { useContext } from "preact/hooks";
import { renderToString } from "preact-render-to-string";
import type { NavigationEntry, Viewer } from "./viewer.ts";

/** What every part of a page may need of the request that it is rendered for. */
export interface PageContext {
  readonly viewer: Viewer | null;
  /** The path of the request, for the current entry of the menu. */
  readonly path: string;
  readonly navigation: readonly NavigationEntry[];
  /** Goes into every form that posts. */
  readonly formToken: string;
  /** One line about what the last request did, shown once. */
  readonly notice: string | null;
  /** The moment of rendering, for relative times. */
  readonly now: number;
  /** The URL of an asset of the build by its plain name, with its content hash. */
  readonly asset: (name: string) => string;
}

const Context = createContext<PageContext | null>(null);

export function usePage(): PageContext {
  const context = useContext(Context);
  if (!context) throw new Error("Parts of a page are rendered by renderPage only.");
  return context;
}

/** Sends a page. The root must be `ConsolePage` or `PlainPage`, or what a script takes out of the answer of a route with `isPart`. */
export function renderPage(request: FastifyRequest, reply: FastifyReply, page: VNode, status = 200): FastifyReply {
  const context = request.pageContext(reply);
  return reply
    .code(status)
    .type("text/html; charset=utf-8")
    .send(`<!doctype html>${renderToString(<Context.Provider value={context}>{page}</Context.Provider>)}`);
}
