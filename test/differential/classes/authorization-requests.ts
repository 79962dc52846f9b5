import type { Case, Pairs, RequestTemplate } from "../request.ts";
import { each } from "./client-requests.ts";

const BASE: Pairs = [
  ["client_id", "{id}"],
  ["response_type", "code"],
  ["redirect_uri", "{redirect}"],
  ["scope", "{scope}"],
  ["state", "xyz"],
  ["code_challenge", "{challenge}"],
  ["code_challenge_method", "S256"],
];

const ask = (query: Pairs | string): RequestTemplate => ({ endpoint: "authorize", query });
const without = (name: string): Pairs => BASE.filter(([known]) => known !== name);
const withValue = (name: string, value: string): Pairs => BASE.map(([known, before]) => [known, known === name ? value : before]);

/** What can be wrong with any parameter. */
const ONE_WRONG: readonly Case[] = BASE.flatMap(([name, value]) => [
  { name: `no ${name}`, request: ask(without(name)) },
  { name: `an empty ${name}`, request: ask(withValue(name, "")) },
  { name: `${name} twice`, request: ask([...BASE, [name, value]]) },
  { name: `${name} once right and once empty`, request: ask([...BASE, [name, ""]]) },
  { name: `the name ${name} in upper case`, request: ask(BASE.map(([known, before]) => [known === name ? known.toUpperCase() : known, before])) },
]);

const BESIDES = each<Pairs>(
  {
    "all as it should be": BASE,
    "an unknown client": withValue("client_id", "nobody"),
    "a public client at its redirect URI": [...without("client_id").filter(([name]) => name !== "redirect_uri"), ["client_id", "{public}"]],
    "response_type token": withValue("response_type", "token"),
    "response_type id_token": withValue("response_type", "id_token"),
    "response_type none": withValue("response_type", "none"),
    "two response types": withValue("response_type", "code token"),
    "response_type in upper case": withValue("response_type", "CODE"),
    "response_mode query": [...BASE, ["response_mode", "query"]],
    "response_mode fragment": [...BASE, ["response_mode", "fragment"]],
    "response_mode form_post": [...BASE, ["response_mode", "form_post"]],
    "an unknown response_mode": [...BASE, ["response_mode", "carrier-pigeon"]],
    "a request object": [...BASE, ["request", "x.y.z"]],
    "a request_uri": [...BASE, ["request_uri", "urn:x"]],
    "a registration": [...BASE, ["registration", "{}"]],
    "prompt none": [...BASE, ["prompt", "none"]],
    "prompt none and login": [...BASE, ["prompt", "none login"]],
    "an unknown parameter": [...BASE, ["nonsense", "x"]],
    "an unknown parameter twice": [...BASE, ["nonsense", "x"], ["nonsense", "y"]],
    "a client secret": [...BASE, ["client_secret", "x"]],
    "a resource": [...BASE, ["resource", "https://api.example.com/"]],
    "a state of many kinds of characters, with an error": [...withValue("state", "&=+% é\"'<>"), ["response_mode", "x"]],
    "a state of many kinds of characters and an unknown scope": withValue("state", "&=+% é\"'<>").map(([name, value]) => [
      name,
      name === "scope" ? "nonsense" : value,
    ]),
    "a long state and an unknown scope": withValue("state", "s".repeat(2_000)).map(([name, value]) => [name, name === "scope" ? "nonsense" : value]),
    "two errors: scope and response type": withValue("scope", "nonsense").map(([name, value]) => [name, name === "response_type" ? "token" : value]),
  },
  ask,
);

const RAW = each<string>(
  {
    "no parameters": "",
    "a broken percent sequence": "client_id={id}&response_type=code&scope={scope}&state=%zz",
    "bytes that are no UTF-8": "client_id={id}&response_type=code&scope={scope}&state=%ff",
    "a NUL": "client_id={id}&response_type=code&scope={scope}&state=%00",
    "semicolons between": "client_id={id};response_type=code",
    "a name without a value": "client_id={id}&response_type=code&scope={scope}&state",
    "a percent-encoded name": "client%5Fid={id}&response_type=code&scope={scope}",
    "plus signs for spaces": "client_id={id}&response_type=code&scope={scope}+offline_access",
    "brackets behind the name": "client_id[]={id}&response_type=code",
  },
  ask,
);

const BY_POST = each<Pairs>(
  {
    "by POST": BASE,
    "by POST, no response_type": without("response_type"),
    "by POST, an unknown client": withValue("client_id", "nobody"),
    "by POST, state twice": [...BASE, ["state", "x"]],
  },
  (body) => ({ endpoint: "authorize", method: "POST", body }),
);

export const authorizationRequests: readonly Case[] = [...ONE_WRONG, ...BESIDES, ...RAW, ...BY_POST];
