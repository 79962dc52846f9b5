import type { Case, Pairs } from "../request.ts";
import { each } from "./client-requests.ts";

/** `https://shop.example.com/callback?shop=1` is registered. */
const WEB = {
  exactly: "{redirect}",
  "without its query": "https://shop.example.com/callback",
  "another value in the query": "https://shop.example.com/callback?shop=one",
  "a parameter more": "{redirect}&x=1",
  "an empty query": "https://shop.example.com/callback?",
  "a fragment": "{redirect}#x",
  "an empty fragment": "{redirect}#",
  "cut short": "{redirect|cut}",
  longer: "{redirect}1x",
  "a slash behind the path": "https://shop.example.com/callback/?shop=1",
  "a double slash in the path": "https://shop.example.com//callback?shop=1",
  "host in upper case": "https://SHOP.example.com/callback?shop=1",
  "scheme in upper case": "HTTPS://shop.example.com/callback?shop=1",
  "path in upper case": "https://shop.example.com/CALLBACK?shop=1",
  "the default port": "https://shop.example.com:443/callback?shop=1",
  "an empty port": "https://shop.example.com:/callback?shop=1",
  "dots in the path": "https://shop.example.com/x/../callback?shop=1",
  "encoded dots in the path": "https://shop.example.com/x/%2e%2e/callback?shop=1",
  "an encoded slash": "https://shop.example.com/%2Fcallback?shop=1",
  "an encoded NUL": "https://shop.example.com/callback%00?shop=1",
  "a user name": "https://shop.example.com@evil.example.com/callback?shop=1",
  "user name and password": "https://x:y@shop.example.com/callback?shop=1",
  "a label before the host": "https://evil.shop.example.com/callback?shop=1",
  "a label behind the host": "https://shop.example.com.evil.example.com/callback?shop=1",
  "a dot behind the host": "https://shop.example.com./callback?shop=1",
  http: "http://shop.example.com/callback?shop=1",
  backslashes: "https:\\\\shop.example.com\\callback?shop=1",
  "a backslash before the host": "https://shop.example.com\\@evil.example.com/callback?shop=1",
  "a space before": " {redirect}",
  "a space behind": "{redirect} ",
  "a tab inside": "https://shop.example.com/call\tback?shop=1",
  "a line break inside": "https://shop.example.com/call\r\nback?shop=1",
  "beyond ASCII": "https://shöp.example.com/callback?shop=1",
  "a path only": "/callback?shop=1",
  "without a scheme": "//shop.example.com/callback?shop=1",
  javascript: "javascript:alert(1)//{redirect}",
  data: "data:text/html,x",
  "one slash behind the scheme": "https:/shop.example.com/callback?shop=1",
  "path parameters": "https://shop.example.com/callback;x?shop=1",
  "two in one value": "{redirect},{redirect}",
};

/** `http://127.0.0.1/callback` and `com.example.app:/callback` are registered. */
const NATIVE = {
  loopback: "http://127.0.0.1/callback",
  "loopback with a port": "http://127.0.0.1:53219/callback",
  "loopback with an empty port": "http://127.0.0.1:/callback",
  "loopback with port 0": "http://127.0.0.1:0/callback#0",
  "loopback, port and a query": "http://127.0.0.1:53219/callback?x",
  "loopback, port and another path": "http://127.0.0.1:53219/callback/x",
  "loopback over https": "https://127.0.0.1:53219/callback",
  "loopback by name": "http://localhost:53219/callback",
  "loopback of IPv6": "http://[::1]:53219/callback",
  "loopback in hexadecimal": "http://0x7f.1:53219/callback",
  "loopback as one number": "http://2130706433:53219/callback",
  "loopback with a label behind": "http://127.0.0.1.evil.example.com:53219/callback",
  "loopback with a user name": "http://x@127.0.0.1:53219/callback",
  "loopback as a user name": "http://127.0.0.1:53219@evil.example.com/callback",
  "private-use scheme": "com.example.app:/callback",
  "private-use scheme with two slashes": "com.example.app://callback",
  "private-use scheme with three slashes": "com.example.app:///callback",
  "private-use scheme in upper case": "COM.EXAMPLE.APP:/callback",
  "private-use scheme with another path": "com.example.app:/callback/x",
};

const request = (client: string) => (uri: string) =>
  ({
    endpoint: "authorize",
    query: [
      ["client_id", client],
      ["response_type", "code"],
      ["redirect_uri", uri],
      ["scope", "{scope}"],
      ["code_challenge", "{challenge}"],
      ["code_challenge_method", "S256"],
    ],
  }) as const;

const LEFT_OUT = each<Pairs>(
  {
    "left out with one registered": [["client_id", "{id}"]],
    "left out with several registered": [["client_id", "{several}"]],
    "left out with several registered, native": [["client_id", "{native}"]],
    "the second of several": [
      ["client_id", "{several}"],
      ["redirect_uri", "https://b.example.com/callback"],
    ],
    "another client's": [
      ["client_id", "{several}"],
      ["redirect_uri", "{redirect}"],
    ],
    "twice the same": [
      ["client_id", "{id}"],
      ["redirect_uri", "{redirect}"],
      ["redirect_uri", "{redirect}"],
    ],
  },
  (query) => ({
    endpoint: "authorize",
    query: [["response_type", "code"], ["scope", "{scope}"], ["code_challenge", "{challenge}"], ["code_challenge_method", "S256"], ...query],
  }),
);

export const redirectUris: readonly Case[] = [...each(WEB, request("{id}")), ...each(NATIVE, request("{native}")), ...LEFT_OUT];
