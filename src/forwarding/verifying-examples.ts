/** How a target verifies what it gets, written down for those who build it. */
import type { CodeExample } from "../webhooks/call-examples.ts";

export function verifyingExamples(secret: string | null): readonly CodeExample[] {
  const known = secret ?? "{Signing secret}";
  return [
    {
      name: "JavaScript",
      code: `import { createServer } from "node:http";
import { Webhook } from "standardwebhooks"; // npm install standardwebhooks

const webhook = new Webhook("${known}");
createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const call = webhook.verify(Buffer.concat(chunks).toString(), request.headers);
    console.log(request.headers["webhook-id"], call);
    response.writeHead(204).end();
  } catch {
    response.writeHead(401).end();
  }
}).listen(8080);`,
    },
    {
      name: "Python",
      code: `from flask import Flask, request
from standardwebhooks import Webhook, WebhookVerificationError  # pip install standardwebhooks

app = Flask(__name__)
webhook = Webhook("${known}")

@app.post("/in")
def take():
    try:
        call = webhook.verify(request.get_data(), dict(request.headers))
    except WebhookVerificationError:
        return "", 401
    print(request.headers["webhook-id"], call)
    return "", 204`,
    },
    {
      name: "PHP",
      code: `<?php
$key = base64_decode(substr("${known}", strlen("whsec_")));
$body = file_get_contents("php://input");
$id = $_SERVER["HTTP_WEBHOOK_ID"];
$time = $_SERVER["HTTP_WEBHOOK_TIMESTAMP"];
$signature = "v1," . base64_encode(hash_hmac("sha256", "$id.$time.$body", $key, true));
if (abs(time() - (int) $time) > 300 || !hash_equals($signature, $_SERVER["HTTP_WEBHOOK_SIGNATURE"])) {
    http_response_code(401);
    exit;
}
error_log("$id $body");
http_response_code(204);`,
    },
  ];
}
