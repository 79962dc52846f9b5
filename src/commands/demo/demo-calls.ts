/** What the walk sends to its webhook: orders of a shop whose customers come back, and now and then a call that must be refused. */

export interface DemoCall {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly expectedStatus: number;
}

const FIRST_NAMES = ["Ada", "Grace", "Edsger", "Barbara", "Alan", "Katherine", "Niklaus", "Radia", "Donald", "Frances", "Ken", "Margaret"] as const;
const LAST_NAMES = ["Jansen", "Okafor", "Silva", "Nowak", "Rossi", "Kowalski", "Öztürk", "García", "Andersen", "Haddad"] as const;
const CITIES = ["Utrecht", "Lagos", "Porto", "Kraków", "Torino", "Gent", "İzmir", "Sevilla", "Aarhus", "Beirut"] as const;

/** Every so many calls one is refused. */
const REFUSED_EVERY = 11;

/** An order as the shop would send it; the same number gives the same order. */
export function orderOf(number: number): Readonly<Record<string, unknown>> {
  const firstname = FIRST_NAMES[number % FIRST_NAMES.length]!;
  // The lists move against each other every 60 orders, so that 120 customers come up before the first one comes back.
  const lastname = LAST_NAMES[(number + Math.floor(number / 60)) % LAST_NAMES.length]!;
  const email = `${firstname}.${lastname}@example.com`.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const address = { city: CITIES[number % CITIES.length] };
  return {
    email,
    firstname,
    lastname,
    optin: number % 4 === 0 ? "N" : "Y",
    address,
    order: { id: 10_000 + number, total: ((number * 739 + 1_995) % 20_000) / 100 },
  };
}

/** So many calls, each with one of the access tokens in turn. */
export function demoCalls(count: number, accessTokens: readonly string[]): readonly DemoCall[] {
  return Array.from({ length: count }, (_, index) => {
    const call = callOf(orderOf(index), accessTokens[index % accessTokens.length]!);
    return index % REFUSED_EVERY === REFUSED_EVERY - 1 ? spoiled(call, index) : call;
  });
}

export function callOf(order: Readonly<Record<string, unknown>>, accessToken: string): DemoCall {
  return { headers: { Authorization: `Bearer ${accessToken}`, "Content-Type": "application/json" }, body: JSON.stringify(order), expectedStatus: 200 };
}

/** The call with one thing wrong, another one each time. */
function spoiled(call: DemoCall, index: number): DemoCall {
  const { Authorization: _, ...withoutToken } = call.headers;
  const mistakes: readonly DemoCall[] = [
    { ...call, body: call.body.replace(/"optin":"."/, '"optin":"maybe"'), expectedStatus: 422 },
    { ...call, body: call.body.slice(0, -1), expectedStatus: 400 },
    { ...call, headers: withoutToken, expectedStatus: 401 },
    { ...call, headers: { ...call.headers, "Content-Type": "text/plain" }, expectedStatus: 415 },
    { ...call, headers: { ...call.headers, Authorization: "Bearer hga_expired" }, expectedStatus: 401 },
  ];
  return mistakes[Math.floor(index / REFUSED_EVERY) % mistakes.length]!;
}
