import { addClient } from "../protocol/protocol-kit.ts";
import { addUser, signedIn } from "../support/records.ts";
import { startHookgate } from "../support/start-hookgate.ts";
import type { Endpoint } from "./request.ts";
import { SCOPE, type ServerUnderComparison, type SharedClient, type SharedClients } from "./subject.ts";

const PATHS: Readonly<Record<Endpoint, string>> = {
  authorize: "/oauth2/auth",
  token: "/oauth2/token",
  revoke: "/oauth2/revoke",
  introspect: "/oauth2/introspect",
  metadata: "/.well-known/oauth-authorization-server",
};

/** Hookgate with the clients that the other server then gets as well. */
export async function startHookgateServer(): Promise<{ readonly server: ServerUnderComparison; readonly clients: SharedClients }> {
  const hookgate = await startHookgate({ HOOKGATE_TRUSTED_PROXIES: "127.0.0.1" });
  const owner = await addUser(hookgate, { brandId: hookgate.brandId, role: "member", name: "Olga Owner" });
  const both = `${SCOPE} offline_access`;
  const register = async (type: "confidential" | "public", scopes: string, redirectUris: readonly string[]): Promise<SharedClient> => {
    const { clientId, clientSecret } = await addClient(hookgate, { owner, type, scopes: scopes.split(" "), redirectUris });
    return { clientId, clientSecret, scopes, redirectUris };
  };
  const clients: SharedClients = {
    main: await register("confidential", both, ["https://shop.example.com/callback?shop=1"]),
    other: await register("confidential", both, ["https://other.example.com/callback"]),
    publicClient: await register("public", both, ["https://spa.example.com/callback"]),
    narrow: await register("confidential", SCOPE, ["https://narrow.example.com/callback"]),
    offline: await register("confidential", "offline_access", ["https://offline.example.com/callback"]),
    native: await register("public", both, ["http://127.0.0.1/callback", "com.example.app:/callback"]),
    several: await register("confidential", both, ["https://a.example.com/callback", "https://b.example.com/callback"]),
  };
  const browser = await signedIn(hookgate, owner);
  return {
    clients,
    server: {
      issuer: hookgate.url,
      asks: /action="\/oauth2\/consent"/,
      addressOf: (endpoint) => hookgate.url + PATHS[endpoint],
      browser: [["Cookie", [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ")]],
      async authorize(parameters) {
        const shown = await browser.get(`${PATHS.authorize}?${new URLSearchParams(parameters.map(([name, value]) => [name, value]))}`);
        const answer = shown.status === 200 ? await browser.submit("/oauth2/consent", { decision: "allow" }) : shown;
        const code = new URL(answer.headers.get("location") ?? hookgate.url).searchParams.get("code");
        if (code === null) throw new Error(`Hookgate gave no code: ${answer.status}`);
        return code;
      },
      close: () => hookgate.close(),
    },
  };
}
