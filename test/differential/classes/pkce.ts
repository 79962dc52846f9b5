import type { Case, Pairs } from "../request.ts";
import { BASIC, eachWithEach } from "./client-requests.ts";

const CHALLENGES: Readonly<Record<string, Pairs>> = {
  "no challenge": [],
  "an empty challenge": [["code_challenge", ""]],
  "a challenge": [["code_challenge", "{challenge}"]],
  "a challenge that is too short": [["code_challenge", "{challenge|cut}"]],
  "a challenge that is too long": [["code_challenge", "{challenge}x"]],
  "a challenge with padding": [["code_challenge", "{challenge}="]],
  "a challenge of other characters": [["code_challenge", "{challenge|cut}+"]],
  "two challenges": [
    ["code_challenge", "{challenge}"],
    ["code_challenge", "{challenge}"],
  ],
};

const METHODS: Readonly<Record<string, Pairs>> = {
  "no method": [],
  "an empty method": [["code_challenge_method", ""]],
  S256: [["code_challenge_method", "S256"]],
  plain: [["code_challenge_method", "plain"]],
  "the method in lower case": [["code_challenge_method", "s256"]],
};

const VERIFIERS: Readonly<Record<string, Pairs>> = {
  "no verifier": [],
  "an empty verifier": [["code_verifier", ""]],
  "the right verifier": [["code_verifier", "{verifier}"]],
  "a wrong verifier": [["code_verifier", "{verifier|bent}"]],
  "a verifier that is too short": [["code_verifier", "{verifier|cut}"]],
  "a verifier that is too long": [["code_verifier", "v".repeat(129)]],
  "a verifier of other characters": [["code_verifier", "{verifier|cut}+"]],
  "the challenge as verifier": [["code_verifier", "{challenge}"]],
  "the verifier twice": [
    ["code_verifier", "{verifier}"],
    ["code_verifier", "{verifier}"],
  ],
};

const CODES: Readonly<Record<string, string>> = { "a code with challenge": "{code}", "a code without challenge": "{codeWithoutPkce}" };

export const pkce: readonly Case[] = [
  ...eachWithEach(CHALLENGES, METHODS, (challenge, method) => ({
    endpoint: "authorize",
    query: [["client_id", "{public}"], ["response_type", "code"], ["scope", "{scope}"], ["state", "xyz"], ...challenge, ...method],
  })),
  ...eachWithEach(CODES, VERIFIERS, (code, verifier) => ({
    endpoint: "token",
    headers: BASIC,
    body: [["grant_type", "authorization_code"], ["code", code], ["redirect_uri", "{redirect}"], ...verifier],
  })),
  ...eachWithEach({ "a public client's code": "{codeOfPublic}" }, VERIFIERS, (code, verifier) => ({
    endpoint: "token",
    body: [["grant_type", "authorization_code"], ["code", code], ["client_id", "{public}"], ["redirect_uri", "https://spa.example.com/callback"], ...verifier],
  })),
];
