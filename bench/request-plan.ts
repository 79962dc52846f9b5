/** Requests as text. A gap in it is where the load generator puts a value. */
import { COUNT_DIGITS, type RequestPlan, type Values } from "./load.ts";

/** Stands for the value; no request of ours holds this character. */
export const GAP = "\u0001";

interface PlannedRequest {
  readonly method?: "POST" | "GET";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly values?: Values;
  readonly status?: number;
}

export function planOf({ method = "POST", path, headers = {}, body = "", values = { kind: "fixed" }, status = 200 }: PlannedRequest): RequestPlan {
  const length = body.replaceAll(GAP, sampleOf(values)).length;
  const lines = [
    `${method} ${path} HTTP/1.1`,
    "Host: 127.0.0.1",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(method === "POST" ? [`Content-Length: ${length}`] : []),
  ];
  return { parts: `${lines.join("\r\n")}\r\n\r\n${body}`.split(GAP), values, status };
}

/** One request of the plan, to try it out, and the plan without the value that this used up. */
export function takeSample(plan: RequestPlan): { readonly request: string; readonly rest: RequestPlan } {
  const { values } = plan;
  const request = plan.parts.join(sampleOf(values));
  if (values.kind === "once") return { request, rest: { ...plan, values: { kind: "once", values: values.values.slice(0, -1) } } };
  if (values.kind === "chain") return { request, rest: { ...plan, values: { ...values, first: values.first.slice(0, -1) } } };
  return { request, rest: plan };
}

function sampleOf(values: Values): string {
  switch (values.kind) {
    case "fixed":
      return "";
    case "count":
      return "0".repeat(COUNT_DIGITS);
    case "chain":
      return values.first.at(-1)!;
    default:
      return values.values.at(-1)!;
  }
}
