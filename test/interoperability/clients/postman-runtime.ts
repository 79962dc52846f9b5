import { Collection, VariableScope } from "postman-collection";
import { Runner } from "postman-runtime";
import type { ClientAdapter, Registration, Tokens, Visit } from "../client-adapter.ts";

/** What an answer of the server said, when a script or a test of the collection found it wrong. */
class CollectionError extends Error {
  readonly answer: string;

  constructor(message: string, answer: string) {
    super(message);
    this.answer = answer;
  }
}

const BY_ITSELF = "Client credentials";
const FORM = "Authorization code, with Postman's form";
const STEPS = "Authorization code, step by step";
const TOKEN = "The access token";

/** The two files of an application, imported, with the client secret pasted where the environment has its place. */
class Postman {
  readonly #collection: object;
  readonly #environment: VariableScope;

  private constructor(collection: object, environment: VariableScope) {
    this.#collection = collection;
    this.#environment = environment;
  }

  static async open(server: Registration): Promise<Postman> {
    const environment = new VariableScope(await server.postmanFile("environment"));
    if (server.clientSecret !== null) environment.set("clientSecret", server.clientSecret);
    return new Postman(await server.postmanFile("collection"), environment);
  }

  get(variable: string): string {
    return this.#environment.get(variable) ?? "";
  }

  set(variable: string, value: string): void {
    this.#environment.set(variable, value);
  }

  get tokens(): Tokens {
    return { accessToken: this.get("accessToken"), refreshToken: this.get("refreshToken") };
  }

  /** Sends requests of a folder, one after the other; gives the text of the last answer. */
  async send(folder: string, ...names: readonly string[]): Promise<string> {
    const collection = new Collection(this.#collection);
    const requests = names.map((name) => collection.items.find((item) => item.name === folder)?.items.find((item) => item.name === name)?.id);
    if (!requests.every((id) => id !== undefined)) throw new Error(`The collection lacks one of ${names.join(", ")} in its folder “${folder}”.`);
    const entrypoint = { execute: requests, lookupStrategy: "multipleIdOrName" } as const;
    let answer = "";
    const problems: string[] = [];
    await new Promise<void>((resolve, reject) => {
      new Runner().run(collection, { environment: this.#environment, entrypoint }, (refusal, run) => {
        if (refusal) return reject(refusal);
        run.start({
          response: (_error, _cursor, response) => (answer = response?.text() ?? ""),
          exception: (_cursor, error) => problems.push(error.message),
          assertion: (_cursor, assertions) => problems.push(...assertions.flatMap(({ name: rule, error }) => (error ? [`${rule}: ${error.message}`] : []))),
          done: (error) => (error ? reject(error) : resolve()),
        });
      });
    });
    if (problems.length > 0) throw new CollectionError(problems.join("\n"), answer);
    return answer;
  }
}

async function code(server: Registration, visit: Visit): Promise<Tokens> {
  const postman = await Postman.open(server);
  await postman.send(STEPS, "1. Make the address for the browser");
  postman.set("authorizationCode", await visit(postman.get("authorizationAddress")));
  await postman.send(STEPS, "2. Exchange the code", "3. Call the webhook");
  // The folder with Postman's own form: a person presses its button, but what it sends with the token is the same.
  await postman.send(FORM, "Call the webhook");
  return postman.tokens;
}

export const postmanRuntime: ClientAdapter = {
  package: "postman-runtime",
  notes: [
    "What Postman and Newman send with. The run imports the collection and the environment that the console offers to download, unmodified, and pastes the client secret into the environment.",
    "Postman's own OAuth 2.0 form gets tokens by a person only, so the collection's scripts request, keep and renew them. Its code grant always has PKCE, and the secret goes by Basic.",
    "Postman returns to `https://oauth.pstmn.io/v1/callback` (desktop app) or `https://oauth.pstmn.io/v1/browser-callback` (on the web); the form of an application adds both by one click.",
  ],
  async credentialsByBasic(server) {
    const postman = await Postman.open(server);
    await postman.send(BY_ITSELF, "Get an access token");
    const first = postman.get("accessToken");
    await postman.send(BY_ITSELF, "Call the webhook");
    if (postman.get("accessToken") !== first) throw new Error("The call got another token, though the one it had was good.");
    postman.set("accessTokenExpiresAt", "0");
    await postman.send(BY_ITSELF, "Call the webhook");
    if (postman.get("accessToken") === first) throw new Error("The call went with a token that has expired.");
    return postman.tokens;
  },
  codeWithPkce: code,
  codeOfPublicClient: code,
  async refresh(server, refreshToken) {
    const postman = await Postman.open(server);
    postman.set("refreshToken", refreshToken);
    await postman.send(STEPS, "4. Refresh the access token");
    return postman.tokens;
  },
  async revoke(server, token) {
    const postman = await Postman.open(server);
    postman.set("accessToken", token);
    await postman.send(TOKEN, "Revoke the access token");
  },
  async introspect(server, token) {
    const postman = await Postman.open(server);
    postman.set("accessToken", token);
    return (JSON.parse(await postman.send(TOKEN, "Introspect the access token")) as { readonly active: boolean }).active;
  },
  errorCode: (error) => (JSON.parse((error as CollectionError).answer) as { readonly error: unknown }).error,
};
