/** Node-RED without its editor: an http-in node that answers with the JSON that it was sent. It checks no token and keeps nothing: its best case. */
import { writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:http";
import RED from "node-red";
import { KEEP_ALIVE, offer, PORT } from "./peer.ts";

const FLOW = [
  { id: "tab", type: "tab", label: "Webhook" },
  { id: "in", type: "http in", z: "tab", url: "/webhook", method: "post", upload: false, wires: [["out"]] },
  { id: "out", type: "http response", z: "tab", statusCode: "200", headers: {}, wires: [] },
];

writeFileSync("flows.json", JSON.stringify(FLOW));
const server = createServer({ keepAliveTimeout: KEEP_ALIVE });
RED.init(server, {
  httpAdminRoot: false,
  httpNodeRoot: "/",
  userDir: process.cwd(),
  flowFile: "flows.json",
  logging: { console: { level: "off" } },
});
server.on("request", RED.httpNode);
const started = once(RED.events, "flows:started");
await RED.start();
await started;
offer({ webhookPath: "/webhook" });
server.listen(PORT, "127.0.0.1");
