import { renderToString } from "preact-render-to-string";
import { describe, expect, test } from "vitest";
import { Initials } from "../../src/web/parts/initials.tsx";
import { TextField } from "../../src/web/parts/form.tsx";
import { JsonTree } from "../../src/web/parts/json-tree.tsx";

test("a field that needs a change takes the focus: browsers go to the first of several", () => {
  expect(renderToString(<TextField name="email" label="E-mail address" value="" error="Enter an e-mail address." />)).toContain(" autofocus");
  expect(renderToString(<TextField name="email" label="E-mail address" value="" />)).not.toContain("autofocus");
});

const tree = (value: Parameters<typeof JsonTree>[0]["value"], beside?: (path: string) => string) =>
  renderToString(<JsonTree label="JSON" value={value} {...(beside && { beside })} />);

describe("the JSON tree", () => {
  test("shows keys in their order, types, and numbers as they were written", () => {
    const html = tree(
      new Map<string, never>([
        ["zip", "1234" as never],
        ["amount", { source: "1.50" } as never],
      ]),
    );
    expect(html.replaceAll(/<[^>]+>/g, " ").replaceAll(/\s+/g, " ")).toContain("zip text 1234 amount number 1.50");
  });

  test("tells the place of each value as a JSONPath that leads there (RFC 9535 section 2.3.1)", () => {
    const paths: string[] = [];
    tree(
      new Map([
        ["plain", ["a"]],
        ["it's", ["b"]],
        ['say "x"\\', ["c"]],
        ["line\nbreak", ["d"]],
      ]),
      (path) => {
        paths.push(path);
        return "";
      },
    );
    expect(paths).toEqual(["$.plain[0]", "$['it\\'s'][0]", `$['say "x"\\\\'][0]`, "$['line\\nbreak'][0]"]);
  });

  test("shows markup as text", () => {
    expect(tree("<script>alert(1)</script>")).not.toContain("<script>");
  });

  test("ends after 1,000 values, 32 levels and 1,000 characters of one text, and says so", () => {
    const many = tree(Array.from({ length: 100_000 }, () => true));
    expect(many.match(/json-leaf/g)).toHaveLength(999);
    expect(many).toContain("Only the first 1,000 values are shown.");
    let deep: Parameters<typeof JsonTree>[0]["value"] = ["bottom"];
    for (let level = 0; level < 10_000; level++) deep = [deep];
    expect(tree(deep)).not.toContain("bottom");
    expect(tree("x".repeat(5_000))).toContain("(5,000 characters)");
  });
});

describe("initials", () => {
  test.each([
    ["Shop sync", "SS"],
    ["shop", "S"],
    ["Import of leads", "IL"],
    ["(test) store", "S"],
    ["👩‍🚀 space 2", "S2"],
    ["مزامنة المتجر", "ما"],
    ["é́clair", "É́"],
    ["🚀", "?"],
    ["", "?"],
  ])("of %j are %j: whole letters of its first and last word", (name, initials) => {
    expect(renderToString(<Initials name={name} />)).toContain(`>${initials}<`);
  });
});
