import { newSecret } from "../../../src/lib/secret.ts";
import { addApplication } from "../receiving.ts";
import { authorizationCases } from "./authorization-cases.ts";
import { authenticationSuite, newScene, removedSecret, type Subject } from "./suite.ts";

const base: Pick<Subject, "type" | "sign"> = { type: "token", sign: ({ secret }) => [["Authorization", `Bearer ${secret}`]] };

authenticationSuite({
  ...base,
  challenge: 'Bearer realm="Hookgate"',
  wrong: [
    ...authorizationCases(base),
    {
      what: "another webhook's of the same owner",
      status: 401,
      reason: "belongs to another webhook",
      attempt: async ({ hookgate, owner }) => ({ headers: base.sign(await newScene(hookgate, base, owner), "") }),
    },
    {
      what: "one that nobody made",
      status: 401,
      attempt: ({ hookgate }) => ({ headers: base.sign({ hookgate, secret: newSecret("hgw_") }, "") }),
    },
    {
      what: "an OAuth access token of the same brand",
      status: 401,
      reason: "change the webhook's authentication to OAuth 2.0",
      attempt: async ({ hookgate, owner }) => {
        const clientId = await addApplication(hookgate, owner);
        const grant = { clientId, grantId: null, userId: null, grantedScopes: ["apps.webhook:execute"] } as const;
        const { accessToken } = await hookgate.services.accessTokens.issue(grant);
        return { headers: base.sign({ hookgate, secret: accessToken }, "") };
      },
    },
    {
      what: "a right one in the header and another in the address",
      status: 400,
      attempt: (at, headers) => ({ headers, endpoint: `${at.endpoint}?access_token=${at.secret}` }),
    },
    {
      what: "as the password of Basic",
      status: 401,
      reason: "another scheme",
      attempt: ({ secret }) => ({ headers: [["Authorization", `Basic ${btoa(`webhook:${secret}`)}`]] }),
    },
    {
      what: "the one digest that is stored",
      status: 401,
      attempt: async ({ hookgate, webhook }) => {
        const [stored] = await hookgate.store.credentials.listVerifiers(webhook.id);
        return { headers: base.sign({ hookgate, secret: stored!.verifier }, "") };
      },
    },
    {
      what: "one that was removed",
      status: 401,
      reason: "was removed",
      attempt: async (at) => ({ headers: base.sign({ hookgate: at.hookgate, secret: await removedSecret(at) }, "") }),
    },
  ],
});
