import { newSecret } from "../../../src/lib/secret.ts";
import type { User } from "../../../src/identity/user.ts";
import type { TestHookgate } from "../../support/start-hookgate.ts";
import { addApplication } from "../receiving.ts";
import { authorizationCases } from "./authorization-cases.ts";
import { authenticationSuite, newScene, type Subject } from "./suite.ts";

const base: Pick<Subject, "type" | "sign" | "secretFor"> = {
  type: "oauth2",
  secretFor: accessToken,
  sign: ({ secret }) => [["Authorization", `Bearer ${secret}`]],
};

async function accessToken(hookgate: TestHookgate, owner: User): Promise<string> {
  const clientId = await addApplication(hookgate, owner);
  return (await hookgate.services.accessTokens.issue({ clientId, grantId: null, userId: null, grantedScopes: ["apps.webhook:execute"] })).accessToken;
}

authenticationSuite({
  ...base,
  challenge: 'Bearer realm="Hookgate"',
  wrong: [
    ...authorizationCases(base),
    {
      what: "the token of a webhook",
      status: 401,
      reason: "change the webhook's authentication to Token",
      attempt: async ({ hookgate, owner }) => ({ headers: base.sign(await newScene(hookgate, { type: "token" }, owner), "") }),
    },
    {
      what: "a client secret",
      status: 401,
      attempt: ({ hookgate }) => ({ headers: base.sign({ hookgate, secret: newSecret("hgs_") }, "") }),
    },
    {
      what: "one of an application that was deleted",
      status: 401,
      reason: "was deleted",
      attempt: async ({ hookgate, owner }) => {
        const clientId = await addApplication(hookgate, owner);
        const grant = { clientId, grantId: null, userId: null, grantedScopes: ["apps.webhook:execute"] } as const;
        const { accessToken: secret } = await hookgate.services.accessTokens.issue(grant);
        await hookgate.services.applications.delete({ brandId: owner.brandId, userId: owner.id, isAdmin: false }, clientId);
        return { headers: base.sign({ hookgate, secret }, "") };
      },
    },
  ],
});
