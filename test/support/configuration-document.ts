/** docs/configuration.md, made of the settings that the program reads. */
import { SETTINGS } from "../../src/config.ts";

export function configurationDocument(): string {
  return [
    "# Configuration",
    "",
    "Hookgate reads environment variables and nothing else. The server and every command read the same ones, so set them for both. An empty value",
    "counts as absent. A `HOOKGATE_*` name that is unknown, or a value that is wrong, stops the start with one line that says what to change.",
    "`hookgate serve --help` prints this list, and `npm run configuration` writes this file from `config.ts`.",
    "",
    "| setting | default | what it is |",
    "| --- | --- | --- |",
    ...SETTINGS.map((setting) => {
      const file = "secret" in setting ? ` Or the path of a file that holds it in \`${setting.name}_FILE\`.` : "";
      return `| \`${setting.name}\` | ${cell(setting.defaultText)} | ${cell(setting.description)}${file} |`;
    }),
    "",
    "Which of them a server needs, and how they are set under systemd and behind a proxy, is in [operations](operations.md).",
    "",
  ].join("\n");
}

const cell = (text: string) => text.replaceAll("|", String.raw`\|`);
