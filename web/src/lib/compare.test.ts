import { describe, expect, it } from "vitest";
import { change, differing, having, sides, verdictName } from "./compare";
import type { ComparedGroup, Verdict } from "./types";

function group(verdicts: Verdict[], values: Partial<ComparedGroup> = {}): ComparedGroup {
  const side = {
    requests: 100,
    errors: 1,
    bytes: 0,
    timed: 100,
    rate: 10,
    error_rate: 0.01,
    p50_ns: 1,
    p95_ns: 20_000_000,
    p99_ns: 3,
  };
  return {
    label: "GET web/",
    keys: ["web"],
    project: null,
    filter: null,
    verdicts,
    now: side,
    base: side,
    ...values,
  };
}

describe("comparing", () => {
  it.each([
    [10, 10, "±0"],
    [10, 11, "+10 %"],
    [10, 5, "−50 %"],
    [10, 25, "×2.5"],
    [10, 400, "×40"],
    [0, 5, ""],
    [null, 5, ""],
    [5, null, ""],
  ])("a rate from %s to %s reads %s", (before, after, words) => {
    expect(change(before, after, "rate")).toBe(words);
  });

  it("tells shares in points: 1 % to 2 % is not twice as bad as 50 % to 100 %", () => {
    expect(change(0.01, 0.02, "error_rate")).toBe("+1.0 pt");
    expect(change(0.5, 0.25, "error_rate")).toBe("−25.0 pt");
    expect(change(0, 0, "error_rate")).toBe("±0");
  });

  it("shows both sides, absent ones as absent", () => {
    expect(sides(group(["same"]), "p95_ns")).toEqual({ base: "20 ms", now: "20 ms", change: "±0" });
    expect(sides(group(["new"], { base: null }), "rate")).toEqual({
      base: "–",
      now: "10",
      change: "",
    });
  });

  it("picks by verdict, and what differs at all", () => {
    const groups = [group(["failing", "slower"]), group(["same"]), group(["few"]), group(["new"])];
    expect(having(groups, "slower")).toEqual([groups[0]]);
    expect(having(groups, null)).toHaveLength(4);
    expect(differing(groups)).toEqual([groups[0], groups[3]]);
    expect(verdictName("failing")).toBe("Failing more");
  });
});
