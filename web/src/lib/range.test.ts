import { describe, expect, it } from "vitest";
import {
  NOW,
  asked,
  before,
  bounds,
  fixed,
  formatRange,
  lengthMs,
  parseRange,
  paused,
  pollMs,
  rangeWords,
  resumed,
  sameRange,
  shifted,
  spanTerm,
  widened,
  type Range,
} from "./range";

const now = Date.parse("2026-03-01T12:00:00Z");
const minute = 60_000;
const fifteen: Range = { kind: "fixed", from: now - 15 * minute, to: now };

describe("a range in the address", () => {
  it.each([
    ["-5m", 300],
    ["-1h", 3600],
    ["-24h", 86_400],
    ["-90s", 90],
    ["-7d", 604_800],
  ])("%s rolls on", (text, seconds) => {
    expect(parseRange(text, null)).toEqual({ kind: "live", seconds });
  });

  it("comes back as it went in", () => {
    const ranges: Range[] = [
      NOW,
      { kind: "live", seconds: 3600 },
      { kind: "live", seconds: 90 },
      { kind: "live", seconds: 86_400 },
      fifteen,
    ];
    for (const range of ranges) {
      const { from, to } = formatRange(range);
      expect(parseRange(from, to)).toEqual(range);
    }
  });

  it.each([
    [null, null],
    ["yesterday", null],
    ["-5y", null],
    ["2026-03-01T12:00:00Z", null],
    ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00Z"],
    ["2026-03-01T12:00:01Z", "2026-03-01T12:00:00Z"],
  ])("%s to %s is none, so it is the last minutes", (from, to) => {
    expect(parseRange(from, to)).toEqual(NOW);
  });

  it("is asked of the API in seconds or in full", () => {
    expect(asked({ kind: "live", seconds: 3600 })).toEqual({ from: "-3600s" });
    expect(asked(fifteen)).toEqual({
      from: "2026-03-01T11:45:00.000Z",
      to: "2026-03-01T12:00:00.000Z",
    });
  });
});

describe("moving in time", () => {
  it("pauses at what is shown, and goes on about as long", () => {
    const held = paused({ kind: "live", seconds: 300 }, now);
    expect(held).toEqual({ kind: "fixed", from: now - 5 * minute, to: now });
    expect(resumed(held)).toEqual(NOW);
    expect(resumed(fixed(now - 7 * minute, now))).toEqual({ kind: "live", seconds: 900 });
    expect(resumed(fixed(0, now))).toEqual({ kind: "live", seconds: 604_800 });
  });

  it("rewinds by half, and never goes beyond now", () => {
    const back = shifted(fifteen, -1, now);
    expect(bounds(back, now)).toEqual({ from: now - 22.5 * minute, to: now - 7.5 * minute });
    expect(shifted(back, 1, now)).toEqual(fifteen);
    expect(shifted(fifteen, 1, now)).toEqual(fifteen);
    expect(lengthMs(shifted(NOW, -1, now))).toBe(5 * minute);
  });

  it("widens to twice the length, not into the future", () => {
    expect(widened(fifteen, now)).toEqual({
      kind: "fixed",
      from: now - 30 * minute,
      to: now,
    });
    const past = fixed(now - 60 * minute, now - 50 * minute);
    expect(widened(past, now)).toEqual({
      kind: "fixed",
      from: now - 65 * minute,
      to: now - 45 * minute,
    });
  });

  it("takes a drag in either direction, and never nothing", () => {
    expect(fixed(now, now - minute)).toEqual(fixed(now - minute, now));
    expect(lengthMs(fixed(now, now))).toBe(1000);
  });

  it("compares with as long a time just before", () => {
    expect(before(fifteen, now)).toEqual({ from: now - 30 * minute, to: now - 15 * minute });
  });
});

describe("what follows from a range", () => {
  it("asks rarely for long ones", () => {
    expect(pollMs(NOW)).toBe(2000);
    expect(pollMs({ kind: "live", seconds: 3600 })).toBe(24_000);
    expect(pollMs({ kind: "live", seconds: 86_400 })).toBe(30_000);
  });

  it("limits lists by a term of the filter, unless it rolls on", () => {
    expect(spanTerm(NOW)).toBe("");
    expect(spanTerm(fifteen)).toBe(
      "time >= '2026-03-01T11:45:00.000Z' and time < '2026-03-01T12:00:00.000Z'",
    );
  });

  it("reads in words", () => {
    expect(rangeWords(NOW, now)).toBe("Last 5 minutes");
    expect(rangeWords({ kind: "live", seconds: 120 }, now)).toBe("Last 2m");
    expect(rangeWords(fixed(now - 2 * minute, now), now)).toMatch(/^\d\d:\d\d:00 – \d\d:\d\d:00$/);
    expect(rangeWords(fixed(now - 1e10, now - 1e10 + 36e5), now)).toMatch(
      /^2025-\d\d-\d\d \d\d:\d\d – /,
    );
  });

  it("knows its like", () => {
    expect(sameRange(NOW, { kind: "live", seconds: 300 })).toBe(true);
    expect(sameRange(NOW, fifteen)).toBe(false);
  });
});
