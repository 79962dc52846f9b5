/** Stands for the application's redirect URI: a listener on loopback (RFC 8252 section 7.3) that catches the browser coming back. */
import type { AddressInfo } from "node:net";
import { createServer } from "../../lib/create-server.ts";

export interface RedirectCatcher {
  /** What the application registers. */
  readonly redirectUri: string;
  /** The parameters of the request that came in last. */
  caught(): URLSearchParams;
  close(): void;
}

export async function openRedirectCatcher(): Promise<RedirectCatcher> {
  let parameters = new URLSearchParams();
  const server = createServer((request, response) => {
    parameters = new URL(request.url ?? "", "http://127.0.0.1").searchParams;
    response.setHeader("Content-Type", "text/html; charset=utf-8").end("<title>You can close this window</title>");
  });
  await new Promise<void>((resolve, reject) => server.on("error", reject).listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    redirectUri: `http://127.0.0.1:${port}/callback`,
    caught: () => parameters,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
