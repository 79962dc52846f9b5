import { describe, expect, test } from "vitest";
import { CALLS_A_DAY, callQuotaOf } from "../../src/brands/call-quota.ts";
import { HOUR } from "../../src/lib/clock.ts";
import { hourLabels, hourMarks, hoursOf, parseRange, spanOf } from "../../src/overview/hours.ts";

const at = (text: string) => Date.parse(text);
const shown = (now: string, zone: string) => {
  const hours = hoursOf("24h", at(now));
  return { labels: hourLabels(hours, zone), marks: hourMarks(hours, zone).map((mark) => `${mark.at} ${mark.label}`) };
};

describe("the hours that the dashboard looks at", () => {
  test("are the present one and those before it, one after the other", () => {
    for (const [range, count] of [
      ["24h", 24],
      ["7d", 168],
    ] as const) {
      const hours = hoursOf(range, at("2026-11-24T12:34:56.789Z"));
      expect(hours).toHaveLength(count);
      expect(hours.at(-1)).toBe(at("2026-11-24T12:00:00Z"));
      for (const [index, hour] of hours.entries()) expect(hour).toBe(hours[0]! + index * HOUR);
      expect(spanOf(hours)).toEqual({ from: at("2026-11-24T13:00:00Z") - count * HOUR, to: at("2026-11-24T13:00:00Z") });
    }
  });

  test("change with the full hour and not before", () => {
    expect(hoursOf("24h", at("2026-11-24T12:59:59.999Z")).at(-1)).toBe(at("2026-11-24T12:00:00Z"));
    expect(hoursOf("24h", at("2026-11-24T13:00:00Z")).at(-1)).toBe(at("2026-11-24T13:00:00Z"));
  });

  test.each([undefined, "", "24h", "7D", "30d", "constructor", "__proto__", "7d "])("an address that says %j means 24 hours", (text) => {
    expect(parseRange(text)).toBe("24h");
  });
});

describe("clocks", () => {
  test("of the brand's time zone name the hours, and its midnight begins the day", () => {
    const { labels, marks } = shown("2026-11-24T12:10:00Z", "Europe/Amsterdam");
    expect([labels[0], labels[10], labels.at(-1)]).toEqual(["Mon 23 Nov, 14:00", "Tue 24 Nov, 00:00", "Tue 24 Nov, 13:00"]);
    expect(marks).toEqual(["4 18:00", "10 Tue 24", "16 06:00", "22 12:00"]);
    expect(new Set(labels).size).toBe(24);
  });

  test("that go back show one hour twice: each says which one it is, and no other does", () => {
    const { labels, marks } = shown("2026-10-25T10:00:00Z", "Europe/Amsterdam");
    expect(labels.filter((label) => label.includes("02:00"))).toEqual(["Sun 25 Oct, 02:00 GMT+2", "Sun 25 Oct, 02:00 GMT+1"]);
    expect(labels.filter((label) => label.includes("GMT"))).toHaveLength(2);
    expect(new Set(labels).size).toBe(24);
    expect(marks, "midnight is seven hours before six o'clock").toEqual(["5 18:00", "11 Sun 25", "18 06:00"]);
  });

  test("that go forward leave an hour out", () => {
    const { labels, marks } = shown("2026-03-29T10:00:00Z", "Europe/Amsterdam");
    expect(labels.some((label) => label.startsWith("Sun 29 Mar, 02"))).toBe(false);
    expect(new Set(labels).size).toBe(24);
    expect(marks, "midnight is five hours before six o'clock").toEqual(["0 12:00", "6 18:00", "12 Sun 29", "17 06:00", "23 12:00"]);
  });

  test("that go forward at midnight begin the day at one o'clock", () => {
    const { labels, marks } = shown("2026-03-29T10:00:00Z", "Asia/Beirut");
    const first = labels.findIndex((label) => label.startsWith("Sun"));
    expect(labels[first]).toBe("Sun 29 Mar, 01:00");
    expect(marks).toContain(`${first} Sun 29`);
  });

  test("that go back or forward half an hour keep every label and every day apart", () => {
    for (const now of ["2026-04-05T12:00:00Z", "2026-10-04T12:00:00Z"]) {
      const hours = hoursOf("7d", at(now));
      expect(new Set(hourLabels(hours, "Australia/Lord_Howe")).size).toBe(168);
      expect(hourMarks(hours, "Australia/Lord_Howe")).toHaveLength(7);
    }
  });

  test.each([
    ["Asia/Kolkata", "30", 0.5],
    ["Asia/Kathmandu", "45", 0.25],
    ["America/St_Johns", "30", 0.5],
  ])("that are no full hours off are right: in %s hours begin at %s, and the day begins within one", (zone, minutes, part) => {
    const { labels, marks } = shown("2026-11-24T12:00:00Z", zone);
    expect(labels.every((label) => label.endsWith(`:${minutes}`))).toBe(true);
    const midnight = Number(marks.find((mark) => /[a-z]/.test(mark))!.split(" ")[0]);
    expect(midnight % 1).toBe(part);
  });

  test.each(["UTC", "Europe/Amsterdam", "America/Sao_Paulo", "Pacific/Apia", "Pacific/Chatham", "Asia/Kathmandu", "Africa/Casablanca"])(
    "in %s every day of a year begins once, wherever the seven days end",
    (zone) => {
      for (let now = at("2026-01-01T12:00:00Z"); now < at("2027-01-01T00:00:00Z"); now += 11 * 24 * HOUR + 7 * HOUR) {
        const marks = hourMarks(hoursOf("7d", now), zone);
        expect([7, 8]).toContain(marks.length);
        for (const [index, { at: place }] of marks.entries()) {
          if (index > 0) expect([23, 24, 25]).toContain(place - marks[index - 1]!.at);
        }
      }
    },
  );

  test.each(["", "Mars/Olympus", "Europe/Amsterdam; drop table", "UTC+25"])(
    "of a zone that does not exist (%j) are those of UTC, on the page and for the quota",
    (zone) => {
      expect(shown("2026-11-24T12:00:00Z", zone)).toEqual(shown("2026-11-24T12:00:00Z", "UTC"));
      const quota = { day: "2026-11-24", endsAt: at("2026-11-25T00:00:00Z"), limit: CALLS_A_DAY };
      expect(callQuotaOf({ timeZone: zone, modules: new Set() }, at("2026-11-24T12:00:00Z"))).toEqual(quota);
    },
  );
});
