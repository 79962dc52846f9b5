import type { CookieSerializeOptions } from "@fastify/cookie";

/**
 * Names and attributes of our cookies. Over https they carry the `__Host-` prefix and `Secure`; over http, which the
 * configuration allows on loopback only, they must drop both, or browsers would not keep them. Under a path of a host that others
 * share, they are for that path, which `__Host-` does not allow: then the prefix is `__Secure-`.
 */
export interface Cookies {
  readonly session: string;
  /** Ties forms to a browser that has no session yet. */
  readonly browser: string;
  readonly flash: string;
  /** One small cookie for each authorization request that waits for its user. */
  flow(flowId: string): string;
  readonly flowPrefix: string;
  /** For `setCookie` and `clearCookie`. */
  readonly options: CookieSerializeOptions;
}

export function createCookies(baseUrl: URL): Cookies {
  const secure = baseUrl.protocol === "https:";
  const prefix = !secure ? "" : baseUrl.pathname === "/" ? "__Host-" : "__Secure-";
  const name = (plain: string) => `${prefix}hookgate_${plain}`;
  const flowPrefix = name("flow_");
  return {
    session: name("session"),
    browser: name("browser"),
    flash: name("flash"),
    flowPrefix,
    flow: (flowId) => flowPrefix + flowId,
    options: { path: baseUrl.pathname.replace(/(?<=.)\/$/, ""), httpOnly: true, secure, sameSite: "lax" },
  };
}
