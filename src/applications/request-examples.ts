/**
 * A token request written down for those who send it: the two curl lines that people of the field know, and a few lines of
 * JavaScript, Python and PHP. What is copied must run as it stands and must run nothing else, whatever a redirect URL holds.
 */
import type { ClientType } from "../oauth/client.ts";

export type Parameter = readonly [name: string, value: string];

export interface CodeExample {
  readonly name: string;
  readonly code: string;
}

interface TokenRequest {
  readonly url: string;
  readonly clientId: string;
  readonly type: ClientType;
  /** Null when it is not known any more: the curl lines then carry a placeholder. Programs never hold it. */
  readonly clientSecret: string | null;
  readonly parameters: readonly Parameter[];
}

export function requestExamples(request: TokenRequest): readonly CodeExample[] {
  return [
    { name: "curl", code: shortCurl(request) },
    { name: "curl, long form", code: longCurl(request) },
    { name: "JavaScript", code: javaScript(request) },
    { name: "Python", code: python(request) },
    { name: "PHP", code: php(request) },
  ];
}

/** `application/x-www-form-urlencoded`, readable where it may be: `:` and the braces of placeholders stay. */
export function encodeParameters(parameters: readonly Parameter[]): string {
  return parameters.map(([name, value]) => `${name}=${encodeValue(value)}`).join("&");
}

/** Also encodes the `!'()*` that `encodeURIComponent` leaves and shells know, so that the text is safe between double quotes. */
function encodeValue(value: string): string {
  if (/^\{\w+\}$/.test(value)) return value;
  return encodeURIComponent(value)
    .replaceAll("%3A", ":")
    .replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

const SECRET_PLACEHOLDER = "{client_secret}";

function shortCurl({ url, clientId, type, clientSecret, parameters }: TokenRequest): string {
  const credentials = type === "public" ? "" : `-u "${clientId}:${clientSecret ?? SECRET_PLACEHOLDER}" \\\n     `;
  return `curl ${credentials}-d "${encodeParameters(parameters)}" ${url}`;
}

function longCurl({ url, clientId, type, clientSecret, parameters }: TokenRequest): string {
  const credentials =
    clientSecret === null ? `{Base64 Encoded: "${clientId}:${SECRET_PLACEHOLDER}"}` : Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  return [
    `curl --location --request POST ${shellText(url)}`,
    ...(type === "public" ? [] : [`--header ${shellText(`Authorization: Basic ${credentials}`)}`]),
    "--header 'Content-Type: application/x-www-form-urlencoded'",
    ...parameters.map(([name, value]) => `--data-urlencode ${shellText(`${name}=${value}`)}`),
  ].join(" \\\n");
}

function javaScript({ url, clientId, type, parameters }: TokenRequest): string {
  const credentials = `\n  headers: { Authorization: "Basic " + btoa(${JSON.stringify(`${clientId}:`)} + process.env.CLIENT_SECRET) },`;
  return `const response = await fetch(${JSON.stringify(url)}, {
  method: "POST",${type === "public" ? "" : credentials}
  body: new URLSearchParams({
${parameters.map(([name, value]) => `    ${name}: ${JSON.stringify(value)},`).join("\n")}
  }),
});
const { access_token } = await response.json();`;
}

function python({ url, clientId, type, parameters }: TokenRequest): string {
  const credentials = `\n    auth=(${JSON.stringify(clientId)}, os.environ["CLIENT_SECRET"]),`;
  return `${type === "public" ? "" : "import os\n"}import requests

response = requests.post(
    ${JSON.stringify(url)},${type === "public" ? "" : credentials}
    data={
${parameters.map(([name, value]) => `        ${JSON.stringify(name)}: ${JSON.stringify(value)},`).join("\n")}
    },
)
access_token = response.json()["access_token"]`;
}

function php({ url, clientId, type, parameters }: TokenRequest): string {
  const credentials = `\n    CURLOPT_USERPWD => ${phpText(`${clientId}:`)} . getenv('CLIENT_SECRET'),`;
  return `$request = curl_init(${phpText(url)});
curl_setopt_array($request, [
    CURLOPT_RETURNTRANSFER => true,${type === "public" ? "" : credentials}
    CURLOPT_POSTFIELDS => http_build_query([
${parameters.map(([name, value]) => `        ${phpText(name)} => ${phpText(value)},`).join("\n")}
    ]),
]);
$accessToken = json_decode(curl_exec($request), true)['access_token'];`;
}

/** One word of a POSIX shell command, whatever it holds. */
function shellText(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function phpText(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`;
}
