import { spawnSync } from "node:child_process";
import { hash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Application } from "../../src/applications/application.ts";
import { tokenExamples } from "../../src/applications/token-examples.ts";

const ISSUER = "https://auth.example.com";
const SECRET = "hgs_0123456789";

const application: Application = {
  clientId: "a227118e-7c51-4b26-9ae0-0123456789ab",
  brandId: "00000000-0000-4000-8000-000000000001",
  ownerId: "00000000-0000-4000-8000-000000000002",
  name: "Shop sync",
  description: "",
  type: "confidential",
  scopes: ["apps.webhook:execute"],
  redirectUris: ["https://your-application.com/registered/callback"],
  createdAt: 0,
  updatedAt: 0,
};

/** The arguments that a POSIX shell gives to curl, one command and nothing else. */
function curlArguments(code: string): readonly string[] {
  const { stdout, stderr, status } = spawnSync("sh", ["-u", "-c", `curl() { printf '%s\\0' "$@"; }\n${code}`], { encoding: "utf8", env: {} });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout.split("\0").slice(0, -1);
}

function codeOf(examples: readonly { readonly name: string; readonly code: string }[] | null | undefined, name: string): string {
  return examples?.find((example) => example.name === name)?.code ?? "";
}

describe("the lines that are ready to paste", () => {
  test("the short curl line of client credentials is the manual's, with this application's values", () => {
    const { clientCredentials } = tokenExamples(application, ISSUER, SECRET);
    expect(codeOf(clientCredentials, "curl")).toBe(
      `curl -u "${application.clientId}:${SECRET}" \\\n     -d "grant_type=client_credentials&scope=apps.webhook:execute" https://auth.example.com/oauth2/token`,
    );
  });

  test("the long curl line of client credentials is the manual's, with the Basic credentials ready made (RFC 7617 section 2)", () => {
    const { clientCredentials } = tokenExamples(application, ISSUER, SECRET);
    expect(curlArguments(codeOf(clientCredentials, "curl, long form"))).toEqual([
      "--location",
      "--request",
      "POST",
      "https://auth.example.com/oauth2/token",
      "--header",
      `Authorization: Basic ${btoa(`${application.clientId}:${SECRET}`)}`,
      "--header",
      "Content-Type: application/x-www-form-urlencoded",
      "--data-urlencode",
      "grant_type=client_credentials",
      "--data-urlencode",
      "scope=apps.webhook:execute",
    ]);
  });

  test("a secret that is not known any more is a placeholder in curl and never in a program", () => {
    const { clientCredentials } = tokenExamples(application, ISSUER, null);
    expect(codeOf(clientCredentials, "curl")).toContain(`-u "${application.clientId}:{client_secret}"`);
    expect(codeOf(clientCredentials, "curl, long form")).toContain("Basic {Base64 Encoded:");
    for (const name of ["JavaScript", "Python", "PHP"]) {
      expect(codeOf(clientCredentials, name)).toContain("CLIENT_SECRET");
      expect(codeOf(tokenExamples(application, ISSUER, SECRET).clientCredentials, name)).not.toContain(SECRET);
    }
  });

  test("offline_access is never asked for with client credentials; alone it leaves no such line", () => {
    const both = tokenExamples({ ...application, scopes: ["apps.webhook:execute", "offline_access"] }, ISSUER, SECRET);
    expect(codeOf(both.clientCredentials, "curl")).toContain('scope=apps.webhook:execute"');
    expect(tokenExamples({ ...application, scopes: ["offline_access"] }, ISSUER, SECRET).clientCredentials).toBeNull();
  });

  test("with one redirect URL neither the authorization URL nor the exchange names it (RFC 6749 section 4.1.3)", () => {
    const { authorizationCode } = tokenExamples({ ...application, scopes: ["apps.webhook:execute", "offline_access"] }, ISSUER, SECRET);
    expect(authorizationCode?.url).toBe(
      `${ISSUER}/oauth2/auth?client_id=${application.clientId}&response_type=code&state=Example12345&scope=apps.webhook:execute%20offline_access`,
    );
    expect(codeOf(authorizationCode?.exchange, "curl")).toContain('-d "grant_type=authorization_code&code={authorization_code}" https');
  });

  test("with several redirect URLs both name the same one (RFC 6749 sections 3.1.2.3 and 4.1.3)", () => {
    const redirectUris = ["https://a.example/cb?x=1&y=2", "https://b.example/cb"];
    const { authorizationCode } = tokenExamples({ ...application, redirectUris }, ISSUER, SECRET);
    expect(new URL(authorizationCode!.url).searchParams.get("redirect_uri")).toBe(redirectUris[0]);
    const body = curlArguments(codeOf(authorizationCode?.exchange, "curl"))[3];
    expect(new URLSearchParams(body).get("redirect_uri")).toBe(redirectUris[0]);
  });

  test("without a redirect URL there is no authorization code line", () => {
    expect(tokenExamples({ ...application, redirectUris: [] }, ISSUER, SECRET).authorizationCode).toBeNull();
  });

  test("a public application has no secret in any line and a fresh PKCE pair that fits (RFC 7636 section 4.2)", () => {
    const examples = tokenExamples({ ...application, type: "public" }, ISSUER, null);
    expect(examples.clientCredentials).toBeNull();
    const { url, exchange } = examples.authorizationCode!;
    const line = curlArguments(codeOf(exchange, "curl"));
    expect(line).not.toContain("-u");
    const body = new URLSearchParams(line[1]);
    const query = new URL(url).searchParams;
    expect(query.get("code_challenge_method")).toBe("S256");
    expect(query.get("code_challenge")).toBe(hash("sha256", body.get("code_verifier")!, "base64url"));
    expect(body.get("client_id")).toBe(application.clientId);
    for (const example of exchange) expect(example.code).not.toMatch(/CLIENT_SECRET|client_secret|Basic|CURLOPT_USERPWD|auth=/);
    const again = tokenExamples({ ...application, type: "public" }, ISSUER, null);
    expect(again.authorizationCode?.url).not.toBe(url);
  });

  test.each([
    "https://shop.example/it's;touch$IFS/tmp/owned",
    "https://shop.example/$(touch /tmp/owned)",
    "https://shop.example/`touch /tmp/owned`",
    String.raw`https://shop.example/\"!!$HOME"`,
  ])("a redirect URL that a shell would run arrives at curl as it is: %s", (redirectUri) => {
    const { authorizationCode } = tokenExamples({ ...application, redirectUris: [redirectUri, "https://b.example/"] }, ISSUER, SECRET);
    const long = curlArguments(codeOf(authorizationCode?.exchange, "curl, long form"));
    expect(long.at(-1)).toBe(`redirect_uri=${redirectUri}`);
    const short = curlArguments(codeOf(authorizationCode?.exchange, "curl"));
    expect(new URLSearchParams(short[3]).get("redirect_uri")).toBe(redirectUri);
  });

  test("the JavaScript lines send what curl sends", async () => {
    const { authorizationCode } = tokenExamples({ ...application, redirectUris: ["https://a.example/'\"\\", "https://b.example/"] }, ISSUER, SECRET);
    const code = codeOf(authorizationCode?.exchange, "JavaScript");
    let sent: Request | undefined;
    const fetchStub = async (url: string, init: RequestInit) => {
      sent = new Request(url, init);
      return Response.json({ access_token: "t" });
    };
    // oxlint-disable-next-line typescript/no-implied-eval -- what the page offers to copy is run as it stands.
    await (new Function("fetch", "process", `return (async () => { ${code} })()`) as (...values: unknown[]) => Promise<void>)(fetchStub, {
      env: { CLIENT_SECRET: SECRET },
    });
    expect(sent?.url).toBe(`${ISSUER}/oauth2/token`);
    expect(sent?.headers.get("authorization")).toBe(`Basic ${btoa(`${application.clientId}:${SECRET}`)}`);
    expect(new URLSearchParams(await sent?.text()).get("redirect_uri")).toBe("https://a.example/'\"\\");
  });
});
