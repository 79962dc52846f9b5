import { PassThrough } from "node:stream";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { BodyReader, BodyRoom, MAX_UNPROVED_BYTES } from "../../src/webhooks/receiving/body-reader.ts";

const MB = 1024 * 1024;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A body of so many bytes that has arrived and was not asked for yet. */
function arrived(bytes: number): PassThrough {
  const stream = new PassThrough({ highWaterMark: 16 * MB });
  stream.end(Buffer.alloc(bytes, "x"));
  return stream;
}

describe("bodies in flight", () => {
  test("take 64 MB all together: the next one finds no room until an answered one gives its own back", async () => {
    const room = new BodyRoom();
    const readers = Array.from({ length: 10 }, () => new BodyReader(arrived(6 * MB), 0, room));
    for (const reader of readers) expect((await reader.read()).kind).toBe("read");
    expect((await new BodyReader(arrived(4 * MB), 0, room).read()).kind).toBe("read");
    const turnedAway = new BodyReader(arrived(1), 0, room);
    expect((await turnedAway.read()).kind).toBe("no-room");
    turnedAway.release();
    readers[0]!.release();
    readers[0]!.release();
    expect((await new BodyReader(arrived(6 * MB), 0, room).read()).kind).toBe("read");
    expect((await new BodyReader(arrived(1), 0, room).read()).kind).toBe("no-room");
  });

  test("of callers who have not proved themselves take 16 MB of it, so that those who have find room", async () => {
    const room = new BodyRoom();
    const unproved = new BodyRoom(MAX_UNPROVED_BYTES, room);
    const strangers = Array.from({ length: 20 }, () => new BodyReader(arrived(4 * MB), 0, room));
    const kinds = await Promise.all(strangers.map(async (reader) => (await reader.read(unproved)).kind));
    expect(kinds.filter((kind) => kind === "read")).toHaveLength(4);
    const known = Array.from({ length: 8 }, () => new BodyReader(arrived(6 * MB), 0, room));
    for (const reader of known) expect((await reader.read()).kind).toBe("read");
    expect((await new BodyReader(arrived(1), 0, room).read()).kind).toBe("no-room");
    for (const reader of strangers) reader.release();
    expect((await new BodyReader(arrived(6 * MB), 0, room).read(unproved)).kind).toBe("read");
  });

  test("are the same when they are asked for again", async () => {
    const room = new BodyRoom();
    const reader = new BodyReader(arrived(10), 0, room);
    expect(await reader.read(new BodyRoom(100, room))).toBe(await reader.read());
  });

  test("take room for what has arrived, not for what was announced", async () => {
    const room = new BodyRoom();
    for (let caller = 0; caller < 1_000; caller++) void new BodyReader(new PassThrough(), 6 * MB, room).read();
    expect((await new BodyReader(arrived(6 * MB), 0, room).read()).kind).toBe("read");
  });

  test("take room for what a compressed one becomes, and give it back, however it ends", async () => {
    const room = new BodyRoom(12 * MB);
    const bodies = [gzipSync(Buffer.alloc(5 * MB)), gzipSync(Buffer.alloc(50 * MB)), gzipSync(Buffer.alloc(MB)).subarray(0, -1), Buffer.from("no gzip")];
    for (let round = 0; round < 10; round++) {
      const kinds = [];
      for (const body of bodies) {
        const reader = new BodyReader(arrived(0), 0, room);
        kinds.push((await reader.unzip(body)).kind);
        reader.release();
      }
      expect(kinds).toEqual(["read", "too-long", "malformed", "malformed"]);
    }
    const full = new BodyReader(arrived(0), 0, room);
    expect((await full.unzip(bodies[0]!)).kind).toBe("read");
    const other = new BodyReader(arrived(6 * MB), 0, room);
    expect((await other.read()).kind).toBe("read");
    expect((await new BodyReader(arrived(0), 0, room).unzip(gzipSync(Buffer.alloc(2 * MB)))).kind).toBe("no-room");
  });

  test("give their room back when they were too long or broke off", async () => {
    const room = new BodyRoom();
    for (let call = 0; call < 20; call++) {
      const tooLong = new PassThrough({ highWaterMark: 16 * MB });
      for (let chunk = 0; chunk < 8; chunk++) tooLong.write(Buffer.alloc(MB));
      const reader = new BodyReader(tooLong, 0, room);
      expect((await reader.read()).kind).toBe("too-long");
      reader.release();
      const broken = new PassThrough({ highWaterMark: 16 * MB });
      const second = new BodyReader(broken, 0, room);
      const read = second.read();
      broken.write(Buffer.alloc(5 * MB));
      await turn();
      broken.destroy();
      expect((await read).kind).toBe("gone");
      second.release();
    }
    expect(room.take(64 * MB)).toBe(true);
  });
});

describe("a body that was refused", () => {
  test("is not waited for when its announced length is too long", async () => {
    expect((await new BodyReader(new PassThrough(), 6 * MB + 1, new BodyRoom()).read()).kind).toBe("too-long");
  });

  test("is read on and thrown away, so that the caller can read the answer, but not for ever", async () => {
    const stream = new PassThrough({ highWaterMark: 16 * MB });
    new BodyReader(stream, 0, new BodyRoom()).release();
    for (let chunk = 0; chunk < 16; chunk++) stream.write(Buffer.alloc(MB));
    await turn();
    expect(stream.destroyed).toBe(false);
    stream.write(Buffer.alloc(1));
    await turn();
    expect(stream.destroyed).toBe(true);
  });
});
