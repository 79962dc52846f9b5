/** A reader of server-sent events that takes one event at a time. */
export interface TestStream {
  readonly status: number;
  readonly headers: Headers;
  /** The next event, comments and `retry` left out; undefined when the stream has ended. */
  next(): Promise<{ readonly event: string; readonly id: string | undefined } | undefined>;
  close(): Promise<void>;
}

export async function openStream(url: string, headers: Record<string, string>): Promise<TestStream> {
  const leaving = new AbortController();
  const response = await fetch(url, { headers: { accept: "text/event-stream", ...headers }, redirect: "manual", signal: leaving.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  return {
    status: response.status,
    headers: response.headers,
    async next() {
      while (true) {
        const end = text.indexOf("\n\n");
        if (end !== -1) {
          const block = text.slice(0, end);
          text = text.slice(end + 2);
          const event = /^event: (.*)$/m.exec(block)?.[1];
          if (event !== undefined) return { event, id: /^id: (.*)$/m.exec(block)?.[1] };
          continue;
        }
        const { done, value } = await reader.read();
        if (done) return undefined;
        text += value;
      }
    },
    async close() {
      leaving.abort();
      await reader.cancel().catch(() => undefined);
    },
  };
}
