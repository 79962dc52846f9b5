import { array, assert, constant, constantFrom, dictionary, jsonValue, nat, oneof, property, string } from "fast-check";
import { describe, expect, test } from "vitest";
import { erasedBody } from "../../src/webhooks/json/json-erasure.ts";

describe("taking objects out of a body", () => {
  test.each<[body: string, indexes: readonly number[], expected: string]>([
    ['{"a":1}', [0], '{"erased":true}'],
    ["{}", [0], '{"erased":true}'],
    ["[{},{ }]", [1], '[{},{"erased":true}]'],
    ['[{"a":"}"},{"b":{"c":"]}"}}]', [0], '[{"erased":true},{"b":{"c":"]}"}}]'],
    ['[{"a":"}"},{"b":{"c":"]}"}} ]', [1, 0], '[{"erased":true},{"erased":true} ]'],
    ['{"hookgate_id":"x"}', [0], '{"erased":true}'],
    ['{"hookgate_id":"x","a":"secret"}', [0], '{"erased":true}'],
    ['[{"a":"secret","hookgate_id":"x" },{"n":1.50}]', [0], '[{"erased":true},{"n":1.50}]'],
    ['[{"a":1}]', [7], '[{"a":1}]'],
    ['[{"a":1}]', [], '[{"a":1}]'],
    ["not JSON", [0], '{"erased":true}'],
  ])("%s without %j is %s", (body, indexes, expected) => {
    expect(erasedBody(body, indexes)).toBe(expected);
  });

  test("whatever the objects hold, the chosen ones are gone and the others keep every value", () => {
    const objects = array(dictionary(oneof(string(), constant("hookgate_id")), jsonValue({ maxDepth: 3 })), { minLength: 1, maxLength: 6 });
    assert(
      property(objects, nat(5), constantFrom(undefined, 2), (list, chosen, indent) => {
        const index = chosen % list.length;
        const wanted = list.map((object, at) => (at === index ? { erased: true } : object));
        expect(JSON.parse(erasedBody(JSON.stringify(list, null, indent), [index]))).toEqual(JSON.parse(JSON.stringify(wanted)));
      }),
    );
  });
});
