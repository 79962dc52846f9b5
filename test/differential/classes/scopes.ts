import type { Case, Pairs, RequestTemplate } from "../request.ts";
import { BASIC, eachWithEach } from "./client-requests.ts";

const scope = (...values: readonly string[]): Pairs => values.map((value) => ["scope", value]);

const SCOPES: Readonly<Record<string, Pairs>> = {
  "no scope": [],
  "an empty scope": scope(""),
  "a registered one": scope("{scope}"),
  "offline_access alone": scope("offline_access"),
  both: scope("{scope} offline_access"),
  "both, the other way round": scope("offline_access {scope}"),
  "the same twice": scope("{scope} {scope}"),
  "upper case": scope("{scope|upper}"),
  "cut short": scope("{scope|cut}"),
  "an unknown one": scope("nonsense"),
  "a registered and an unknown one": scope("{scope} nonsense"),
  openid: scope("openid"),
  "a space before": scope(" {scope}"),
  "a space behind": scope("{scope} "),
  "two spaces between": scope("{scope}  offline_access"),
  "a tab between": scope("{scope}\toffline_access"),
  "a line break between": scope("{scope}\noffline_access"),
  "a comma between": scope("{scope},offline_access"),
  "only a space": scope(" "),
  "a quote": scope('{scope}"'),
  "a backslash": scope("{scope}\\"),
  "beyond ASCII": scope("é"),
  "an asterisk": scope("*"),
  "the parameter twice": scope("{scope}", "offline_access"),
};

const SENDERS: Readonly<Record<string, (parameters: Pairs) => RequestTemplate>> = {
  "client credentials": (parameters) => ({ endpoint: "token", headers: BASIC, body: [["grant_type", "client_credentials"], ...parameters] }),
  "client credentials, registered for webhooks only": (parameters) => ({
    endpoint: "token",
    headers: [["Authorization", "Basic <<{narrow}:{narrowSecret}>>"]],
    body: [["grant_type", "client_credentials"], ...parameters],
  }),
  "authorization request": (parameters) => ({
    endpoint: "authorize",
    query: [["client_id", "{id}"], ["response_type", "code"], ["redirect_uri", "{redirect}"], ...parameters],
  }),
};

export const scopes: readonly Case[] = eachWithEach(SCOPES, SENDERS, (parameters, send) => send(parameters));
