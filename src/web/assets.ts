import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};

export interface Assets {
  /** The URL of an asset by its plain name. Throws for a name that the build did not make. */
  url(name: string): string;
  register(app: FastifyInstance): void;
}

/**
 * The built assets, read into memory at start: a few small files. Their names carry a hash of the content, so browsers keep
 * them for ever. `directory` is where the build put them, with `manifest.json` (plain name -> file name).
 */
export function loadAssets(directory: string): Assets {
  const manifest = JSON.parse(readFileSync(join(directory, "manifest.json"), "utf8")) as Readonly<Record<string, string>>;
  return {
    url(name) {
      const file = manifest[name];
      if (!file) throw new Error(`The build made no asset named ${name}.`);
      return `/assets/${file}`;
    },
    register(app) {
      for (const file of Object.values(manifest)) {
        const content = readFileSync(join(directory, file));
        const type = TYPES[file.slice(file.lastIndexOf(".") + 1)] ?? "application/octet-stream";
        app.get(`/assets/${file}`, (_request, reply) =>
          reply.header("Cache-Control", "public, max-age=31536000, immutable").header("X-Content-Type-Options", "nosniff").type(type).send(content),
        );
      }
    },
  };
}
