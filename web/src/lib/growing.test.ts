import { describe, expect, it } from "vitest";
import { isLater, lasted, latest, openSince, openWords, took } from "./growing";

const begun = "2026-01-31T12:00:00.000000000Z";
const told = "2026-01-31T12:01:30.500000000Z";
const now = Date.parse(told);

describe("a request that goes on", () => {
  const row = { time: begun, updated: told, completeness: "open", duration_ns: null };
  it("has taken no time yet", () => {
    expect(took(row)).toBe("open");
    expect(took({ completeness: "complete", duration_ns: 1_500_000 })).toBe("1.5 ms");
    expect(lasted(row)).toBe(90_500_000_000);
    expect(lasted({ time: begun, updated: null })).toBeNull();
  });
  it("says since when, with the day where that is not clear", () => {
    expect(openSince(row)).toMatch(/^open since \d\d:00:00$/);
    const old = { time: begun, updated: "2026-02-02T12:00:00.000000000Z" };
    expect(openSince(old)).toMatch(/^open since 2026-01-31 /);
  });
  it("is not said to go on where nothing came for long", () => {
    expect(openWords(row, now + 2_000)).toContain("It is going on");
    const words = openWords(row, now + 540_000);
    expect(words).toContain("when it was last told of, 9 min ago");
    expect(words).toContain("its end was not captured");
    expect(openWords({ time: begun, updated: null }, now)).toContain("when the capture ended");
  });
});

describe("what was told last", () => {
  const whole = { id: 1, updated: begun, completeness: "open", headers: ["a"] };
  it("holds, beside what only the whole request has", () => {
    const row = { id: 1, updated: told, completeness: "complete" };
    expect(latest(whole, row)).toEqual({ ...row, headers: ["a"] });
    expect(latest({ ...whole, updated: told }, { ...row, updated: begun })).toEqual({
      ...whole,
      updated: told,
    });
    expect(latest(whole, { ...row, id: 2 })).toBe(whole);
    expect(latest(whole, null)).toBe(whole);
  });
  it("is later than what was told once", () => {
    expect(isLater({ id: 1, updated: told }, { id: 1 })).toBe(true);
    expect(isLater({ id: 1 }, { id: 1, updated: null })).toBe(false);
  });
});
