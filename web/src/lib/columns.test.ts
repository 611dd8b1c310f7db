import { describe, expect, it } from "vitest";
import {
  drawn,
  leastWidth,
  parseChoice,
  resized,
  standard,
  template,
  toggled,
  type ColumnKind,
} from "./columns";

const kind = (id: string, more: Partial<ColumnKind> = {}): ColumnKind => ({
  id,
  label: id,
  title: id,
  width: 80,
  least: 40,
  standard: true,
  sortedBy: null,
  ...more,
});
const time = kind("time");
const target = kind("target", { width: null, share: 2, least: 100 });
const size = kind("size", { yieldsBelow: 900 });
const host = kind("host", { standard: false });
const kinds = [time, target, size, host];

describe("columns", () => {
  it("shows the standard ones, and those that give way only with room", () => {
    const choice = standard(kinds);
    expect(drawn(kinds, choice, 1200)).toEqual([time, target, size]);
    expect(drawn(kinds, choice, 800)).toEqual([time, target]);
  });
  it("takes the compact width in a narrow list", () => {
    const short = kind("short", { compact: 50 });
    const choice = standard([short]);
    expect(template(drawn([short], choice, 800), choice)).toBe("50px");
    expect(template(drawn([short], choice, 900), choice)).toBe("80px");
  });
  it("keeps the order, whenever a column was added", () =>
    expect(drawn(kinds, toggled(toggled(standard(kinds), "time"), "time"), 1200)[0]).toBe(time));
  it("writes a template, in which a resized column has its width", () => {
    const choice = resized(standard(kinds), target, 333.4);
    expect(template([time, target], standard(kinds))).toBe("80px minmax(100px, 2fr)");
    expect(template([time, target], choice)).toBe("80px 333px");
    expect(leastWidth([time, target], choice)).toBe(80 + 333 + 12 + 32);
  });
  it("bounds widths", () => {
    expect(resized(standard(kinds), time, 3).widths["time"]).toBe(40);
    expect(resized(standard(kinds), time, 99_999).widths["time"]).toBe(1200);
  });
  it("never hides the last one", () => {
    const one = { shown: ["time"], widths: {} };
    expect(toggled(one, "time")).toBe(one);
  });
});

describe("parseChoice", () => {
  it("takes what was kept", () => {
    const choice = toggled(resized(standard(kinds), time, 120), "host");
    expect(parseChoice(JSON.stringify(choice), kinds)).toEqual(choice);
  });
  it("forgets what it does not know, and survives anything", () => {
    expect(parseChoice('{"shown":["time","gone"],"widths":{"time":"x"}}', kinds)).toEqual({
      shown: ["time"],
      widths: {},
    });
    for (const text of [null, "", "3", "null", "[]", '{"shown":3}'])
      expect(parseChoice(text, kinds).shown.length).toBeGreaterThan(0);
  });
});
