/** The first call of a webhook that asks for signatures, written down for those who send it; nothing to install. */
import type { CodeExample } from "../call-examples.ts";

const BODY = '{"firstname":"Oauth","email":"oauth2@e-village.nl"}';

export function signedExamples(endpoint: string, form: "standard" | "hub", secret: string | null): readonly CodeExample[] {
  const known = secret ?? "{Signing secret}";
  return form === "standard" ? standardExamples(endpoint, known) : hubExamples(endpoint, known);
}

function standardExamples(endpoint: string, secret: string): readonly CodeExample[] {
  return [
    {
      name: "curl",
      code: `secret='${secret}'
body='${BODY}'
id="msg_$(openssl rand -hex 12)"
time=$(date +%s)
key=$(printf %s "\${secret#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')
signature=$(printf %s "$id.$time.$body" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" -binary | openssl base64 -A)
curl --request POST '${endpoint}' \\
     --header "webhook-id: $id" \\
     --header "webhook-timestamp: $time" \\
     --header "webhook-signature: v1,$signature" \\
     --header 'Content-Type: application/json' \\
     --data-raw "$body"`,
    },
    {
      name: "JavaScript",
      code: `import { createHmac, randomUUID } from "node:crypto";

const key = Buffer.from("${secret}".replace("whsec_", ""), "base64");
const body = JSON.stringify({ firstname: "Oauth", email: "oauth2@e-village.nl" });
const id = \`msg_\${randomUUID()}\`;
const time = Math.floor(Date.now() / 1000);
const signature = createHmac("sha256", key).update(\`\${id}.\${time}.\${body}\`).digest("base64");
const response = await fetch("${endpoint}", {
  method: "POST",
  headers: {
    "webhook-id": id,
    "webhook-timestamp": String(time),
    "webhook-signature": \`v1,\${signature}\`,
    "Content-Type": "application/json",
  },
  body,
});
console.log(response.status, await response.json());`,
    },
    {
      name: "Python",
      code: `import base64, hashlib, hmac, json, time, uuid
import requests

key = base64.b64decode("${secret}".removeprefix("whsec_"))
body = json.dumps({"firstname": "Oauth", "email": "oauth2@e-village.nl"})
message_id = f"msg_{uuid.uuid4()}"
timestamp = str(int(time.time()))
signed = f"{message_id}.{timestamp}.{body}".encode()
signature = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
response = requests.post(
    "${endpoint}",
    headers={
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
        "Content-Type": "application/json",
    },
    data=body,
)
print(response.status_code, response.json())`,
    },
    {
      name: "PHP",
      code: `$key = base64_decode(substr('${secret}', strlen('whsec_')));
$body = json_encode(['firstname' => 'Oauth', 'email' => 'oauth2@e-village.nl']);
$id = 'msg_' . bin2hex(random_bytes(12));
$time = time();
$signature = base64_encode(hash_hmac('sha256', "$id.$time.$body", $key, true));
$request = curl_init('${endpoint}');
curl_setopt_array($request, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => ["webhook-id: $id", "webhook-timestamp: $time", "webhook-signature: v1,$signature", 'Content-Type: application/json'],
    CURLOPT_POSTFIELDS => $body,
]);
echo curl_exec($request);`,
    },
  ];
}

function hubExamples(endpoint: string, secret: string): readonly CodeExample[] {
  return [
    {
      name: "curl",
      code: `secret='${secret}'
body='${BODY}'
signature=$(printf %s "$body" | openssl dgst -sha256 -hmac "$secret" -r | cut -d ' ' -f 1)
curl --request POST '${endpoint}' \\
     --header "X-Hub-Signature-256: sha256=$signature" \\
     --header 'Content-Type: application/json' \\
     --data-raw "$body"`,
    },
    {
      name: "JavaScript",
      code: `import { createHmac } from "node:crypto";

const body = JSON.stringify({ firstname: "Oauth", email: "oauth2@e-village.nl" });
const signature = createHmac("sha256", "${secret}").update(body).digest("hex");
const response = await fetch("${endpoint}", {
  method: "POST",
  headers: { "X-Hub-Signature-256": \`sha256=\${signature}\`, "Content-Type": "application/json" },
  body,
});
console.log(response.status, await response.json());`,
    },
    {
      name: "Python",
      code: `import hashlib, hmac, json
import requests

body = json.dumps({"firstname": "Oauth", "email": "oauth2@e-village.nl"})
signature = hmac.new(b"${secret}", body.encode(), hashlib.sha256).hexdigest()
response = requests.post(
    "${endpoint}",
    headers={"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"},
    data=body,
)
print(response.status_code, response.json())`,
    },
    {
      name: "PHP",
      code: `$body = json_encode(['firstname' => 'Oauth', 'email' => 'oauth2@e-village.nl']);
$signature = hash_hmac('sha256', $body, '${secret}');
$request = curl_init('${endpoint}');
curl_setopt_array($request, [
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => ["X-Hub-Signature-256: sha256=$signature", 'Content-Type: application/json'],
    CURLOPT_POSTFIELDS => $body,
]);
echo curl_exec($request);`,
    },
  ];
}
