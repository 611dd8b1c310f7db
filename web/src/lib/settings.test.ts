import { describe, expect, it } from "vitest";
import { grouped, startLine, valueWords } from "./settings";
import type { SettingFacts } from "./types";

function setting(values: Partial<SettingFacts> = {}): SettingFacts {
  return {
    name: "retention_age",
    env: "NAUTSCAN_RETENTION_AGE",
    group: "What is kept",
    kind: "duration",
    doc: "Rows older than this are deleted",
    value: "7d",
    is_set: true,
    default: "7d",
    origin: "default",
    change: "now",
    least: 60,
    most: 1e9,
    ...values,
  };
}

describe("settings", () => {
  it("show values, and what stands in for none", () => {
    expect(valueWords(setting())).toBe("7d");
    expect(valueWords(setting({ kind: "switch", value: "true" }))).toBe("on");
    expect(valueWords(setting({ value: null }))).toBe("set, not shown");
    expect(valueWords(setting({ value: null, is_set: false, default: "found" }))).toBe("found");
    expect(valueWords(setting({ value: null, is_set: false, default: "" }))).toBe("none");
  });

  it("give a line that a shell takes as it is meant", () => {
    expect(startLine(setting())).toBe("NAUTSCAN_RETENTION_AGE=7d");
    expect(startLine(setting({ env: "F", value: "tcp port 80 and 'x'" }))).toBe(
      `F='tcp port 80 and '\\''x'\\'''`,
    );
  });

  it("are found by any word of name, variable or meaning", () => {
    const all = [
      setting(),
      setting({ name: "port", env: "NAUTSCAN_PORT", group: "Where", doc: "" }),
    ];
    expect(grouped(all, "").map(({ name }) => name)).toEqual(["What is kept", "Where"]);
    expect(grouped(all, "older ROWS")).toHaveLength(1);
    expect(grouped(all, "nothing")).toEqual([]);
  });
});
