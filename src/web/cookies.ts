import type { CookieSerializeOptions } from "@fastify/cookie";

/**
 * Names and attributes of our cookies. Over https they carry the `__Host-` prefix and `Secure`; over http, which the
 * configuration allows on loopback only, they must drop both, or browsers would not keep them.
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
  const name = (plain: string) => (secure ? `__Host-hookgate_${plain}` : `hookgate_${plain}`);
  const flowPrefix = name("flow_");
  return {
    session: name("session"),
    browser: name("browser"),
    flash: name("flash"),
    flowPrefix,
    flow: (flowId) => flowPrefix + flowId,
    options: { path: "/", httpOnly: true, secure, sameSite: "lax" },
  };
}
