import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  answerAddress,
  destinationOf,
  formActionSource,
  matchRedirectUri,
  redirectUriProblem,
  type VerifiedRedirectUri,
} from "../../src/oauth/redirect-uri.ts";
import { offeredRedirectUri, requestedRedirectUri } from "../support/arbitraries.ts";

function verified(uri: string): VerifiedRedirectUri {
  const found = matchRedirectUri(uri, [uri]);
  if (found === undefined) throw new Error("An exact match is verified.");
  return found;
}

describe("what may be registered", () => {
  test.each([
    "https://shop.example.com/callback",
    "https://shop.example.com",
    "https://shop.example.com/",
    "https://shop.example.com:8443/cb?tenant=a&mode=b",
    "https://xn--mnchen-3ya.example/cb",
    "https://shop.example.com/a%2Fb",
    "https://[2001:db8::1]/cb",
    "http://127.0.0.1/cb",
    "http://127.0.0.1:3000/cb",
    "http://[::1]:3000/cb",
    "http://localhost:3000/cb",
    "https://oauth.pstmn.io/v1/callback",
    "com.example.app:/oauth2redirect",
    "com.example.app://callback",
  ])("%s is accepted", (uri) => {
    expect(redirectUriProblem(uri)).toBeUndefined();
  });

  test.each([
    ["6749-06: a fragment (RFC 6749 section 3.1.2)", "https://shop.example.com/cb#part", "fragment"],
    ["6749-06: an empty fragment", "https://shop.example.com/cb#", "fragment"],
    ["6749-52: javascript:", "javascript:alert(1)", "Begin with https://"],
    ["8252-04: data: (RFC 8252 section 8.4)", "data:text/html,hello", "Begin with https://"],
    ["8252-04: file:", "file:///etc/passwd", "Begin with https://"],
    ["8252-04: vbscript:", "vbscript:x", "Begin with https://"],
    ["8252-04: blob:", "blob:https://shop.example.com/1", "Begin with https://"],
    ["8252-04: a private-use scheme without a dot (RFC 8252 section 7.1)", "myapp:/cb", "Begin with https://"],
    ["8252-05: http to a host that is not loopback", "http://shop.example.com/cb", "Begin with https://"],
    ["8252-05: http to a private address", "http://192.168.0.10/cb", "Begin with https://"],
    ["8252-05: http to 127.0.0.2", "http://127.0.0.2/cb", "Begin with https://"],
    ["9700-01: a user name (RFC 9700 section 4.1.3)", "https://shop.example.com@evil.example/cb", "user name"],
    ["9700-01: an empty user name", "https://@shop.example.com/cb", "user name"],
    ["9700-01: a host in capitals", "https://SHOP.example.com/cb", "Write the host as shop.example.com"],
    ["9700-01: a default port", "https://shop.example.com:443/cb", "Write the host as shop.example.com"],
    ["9700-01: a host as a number", "http://0x7f.1/cb", "Write the host as 127.0.0.1"],
    ["9700-01: a percent-encoded host", "https://%73hop.example.com/cb", "Write the host as shop.example.com"],
    ["9700-01: a host outside ASCII", "https://münchen.example/cb", "percent-encode"],
    ["9700-01: a backslash", "https://shop.example.com\\@evil.example/cb", "percent-encode"],
    ["9700-01: a space", "https://shop.example.com/a b", "percent-encode"],
    ["9700-01: a line break", "https://shop.example.com/\r\nLocation: x", "percent-encode"],
    ["9700-01: a broken percent sequence", "https://shop.example.com/%zz", "percent-encode"],
    ["9700-01: dot segments", "https://shop.example.com/a/../b", ". and .. parts"],
    ["9700-01: encoded dot segments", "https://shop.example.com/a/%2e%2E/b", ". and .. parts"],
    ["no host", "https:///cb", "Enter the host"],
    ["one slash only", "https:/shop.example.com/cb", "Enter the host"],
    ["no scheme", "shop.example.com/cb", "whole URL"],
    ["a scheme in capitals", "HTTPS://shop.example.com/cb", "whole URL"],
    ["nothing", "", "whole URL"],
    ["a port out of range", "https://shop.example.com:99999/cb", "whole URL"],
    ["a parameter of our own answers (RFC 6749 section 4.1.2)", "https://shop.example.com/cb?state=fixed", "query parameter state"],
    ["an encoded parameter of our own answers", "https://shop.example.com/cb?%63ode=1", "query parameter code"],
    ["more than 2,000 characters", `https://shop.example.com/${"a".repeat(2_000)}`, "Shorten"],
  ])("%s is refused", (_rule, uri, hint) => {
    expect(redirectUriProblem(uri)).toContain(hint);
  });
});

describe("which registered one a request means", () => {
  const registered = ["https://shop.example.com/cb?tenant=a", "http://127.0.0.1/cb", "http://[::1]:8000/cb", "http://localhost:3000/cb", "com.example.app:/cb"];

  test("9700-01: registered ones match as the strings that they are (RFC 9700 section 2.1)", () => {
    for (const uri of registered) expect(matchRedirectUri(uri, registered)).toBe(uri);
  });

  test.each(["http://127.0.0.1:53219/cb", "http://127.0.0.1:80/cb", "http://127.0.0.1/cb", "http://[::1]:1/cb", "http://[::1]/cb", "http://[::1]:65535/cb"])(
    "8252-01: the port of a loopback literal floats: %s (RFC 8252 section 7.3)",
    (uri) => {
      expect(matchRedirectUri(uri, registered)).toBe(uri);
    },
  );

  test.each([
    "http://127.0.0.1:53219/cb/",
    "http://127.0.0.1:53219/CB",
    "http://127.0.0.1:53219/cb?x=1",
    "http://127.0.0.1:53219/cb#x",
    "https://127.0.0.1:53219/cb",
    "http://127.0.0.1:0/cb",
    "http://127.0.0.1:65536/cb",
    "http://127.0.0.1:/cb",
    "http://127.0.0.1:+80/cb",
    "http://127.0.0.2:53219/cb",
    "http://0x7f.1:53219/cb",
    "http://2130706433/cb",
    "http://127.1/cb",
    "http://127.0.0.1.evil.example/cb",
    "http://127.0.0.1:80@evil.example/cb",
    "http://evil.example/127.0.0.1/cb",
    "http://user@127.0.0.1/cb",
    "http://[::1%25eth0]:8000/cb",
    "http://[0:0:0:0:0:0:0:1]:8000/cb",
    "http://localhost/cb",
    "http://LOCALHOST:3000/cb",
  ])("8252-02: everything but the port stays exact: %s is refused (RFC 8252 section 8.3)", (uri) => {
    expect(matchRedirectUri(uri, registered)).toBeUndefined();
  });

  test("8252-02: the port of localhost does not float", () => {
    expect(matchRedirectUri("http://localhost:3001/cb", registered)).toBeUndefined();
  });

  test.each([
    "https://shop.example.com/cb?tenant=a/",
    "https://shop.example.com/cb/?tenant=a",
    "https://SHOP.example.com/cb?tenant=a",
    "HTTPS://shop.example.com/cb?tenant=a",
    "https://shop.example.com:443/cb?tenant=a",
    "https://shop.example.com/x/../cb?tenant=a",
    "https://shop.example.com/%63b?tenant=a",
    "https://shop.example.com/cb%00?tenant=a",
    "https://shop.example.com/cb?tenant=a&next=b",
    "https://shop.example.com/cb?tenant=a#x",
    "https://shop.example.com/cb",
    "https://shop.example.com@evil.example/cb?tenant=a",
    "https://shop.example.com\\@evil.example/cb?tenant=a",
    "https://shop.example.com.evil.example/cb?tenant=a",
    "https://shop.example.co\u043C/cb?tenant=a",
    " https://shop.example.com/cb?tenant=a",
    "com.example.app:/cb/x",
    "com.example.app.evil:/cb",
    "",
  ])("9700-01: %s is none of the registered ones", (uri) => {
    expect(matchRedirectUri(uri, registered)).toBeUndefined();
  });

  test("9700-01: whatever is asked, what matches is registered or differs from a registered loopback literal by its port only", () => {
    const loopback = /^http:\/\/(127\.0\.0\.1|\[::1\])(:\d+)?\/cb$/;
    fc.assert(
      fc.property(requestedRedirectUri(registered), (uri) => {
        const matched = matchRedirectUri(uri, registered);
        if (matched === undefined) return;
        expect(matched).toBe(uri);
        if (!registered.includes(uri)) expect(uri).toMatch(loopback);
        // A browser and we agree on where it leads.
        expect(() => new URL(uri)).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
  });

  test("registration throws for no text, and what it accepts can be opened, compared and answered", () => {
    fc.assert(
      fc.property(offeredRedirectUri, fc.string(), (uri, state) => {
        if (redirectUriProblem(uri) !== undefined) return;
        const address = new URL(answerAddress(verified(uri), { state: state.toWellFormed() }));
        expect(address.searchParams.get("state")).toBe(state.toWellFormed());
        expect(address.origin).toBe(new URL(uri).origin);
        expect(formActionSource(verified(uri))).not.toMatch(/[\s;,'"]/);
        expect(destinationOf(verified(uri))).not.toBe("");
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("the address of an answer", () => {
  test("6749-05: a registered query stays, ours is added (RFC 6749 section 3.1.2)", () => {
    expect(answerAddress(verified("https://shop.example.com/cb?tenant=a%20b"), { code: "c", state: undefined, iss: "https://auth.example.com" })).toBe(
      "https://shop.example.com/cb?tenant=a%20b&code=c&iss=https%3A%2F%2Fauth.example.com",
    );
  });

  test.each([
    ["https://shop.example.com", "https://shop.example.com?code=c"],
    ["https://shop.example.com/cb?", "https://shop.example.com/cb?code=c"],
    ["https://shop.example.com/cb?a=b&", "https://shop.example.com/cb?a=b&code=c"],
    ["com.example.app:/cb", "com.example.app:/cb?code=c"],
  ])("%s is answered at %s", (uri, address) => {
    expect(answerAddress(verified(uri), { code: "c" })).toBe(address);
  });

  test("the consent page names the host, and the policy of its form lets the answer through", () => {
    expect(destinationOf(verified("https://shop.example.com:8443/cb"))).toBe("shop.example.com:8443");
    expect(destinationOf(verified("com.example.app:/cb"))).toBe("com.example.app:");
    expect(formActionSource(verified("https://shop.example.com:8443/cb"))).toBe("https://shop.example.com:8443");
    expect(formActionSource(verified("http://[::1]:8000/cb"))).toBe("http:");
    expect(formActionSource(verified("com.example.app:/cb"))).toBe("com.example.app:");
  });
});
