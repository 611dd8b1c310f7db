import { describe, expect, it } from "vitest";
import { MAX_HISTORY, formatSaved, parseSaved, remembered, withSaved } from "./library";

const slow = { name: "Slow", table: "requests", filter: "duration_ns > 1s" } as const;
const failed = { name: "Failed", table: "requests", filter: "status >= 500" } as const;

describe("history", () => {
  it("has the newest first, each once", () =>
    expect(remembered(["a", "b"], "b")).toEqual(["b", "a"]));
  it("is bounded", () => {
    let history: string[] = [];
    for (let number = 0; number < 100; number += 1) history = remembered(history, `${number}`);
    expect(history).toHaveLength(MAX_HISTORY);
    expect(history[0]).toBe("99");
  });
  it("keeps no empty filter", () => expect(remembered(["a"], "")).toEqual(["a"]));
});

describe("saved filters", () => {
  it("are sorted by name, and a name is there once", () => {
    const saved = withSaved(withSaved([], slow), failed);
    expect(saved.map(({ name }) => name)).toEqual(["Failed", "Slow"]);
    const changed = withSaved(saved, { ...slow, filter: "duration_ns > 2s" });
    expect(changed).toHaveLength(2);
    expect(changed[1]?.filter).toBe("duration_ns > 2s");
  });
  it("come back from a file as they went in", () =>
    expect(parseSaved(formatSaved([slow, failed]))).toEqual([slow, failed]));
  it("take nothing from a file that is no saved filter", () => {
    expect(parseSaved('[{"name":"x"},3,null,{"name":"","table":"requests","filter":"a"}]')).toEqual(
      [],
    );
    expect(() => parseSaved('{"other":1}')).toThrow(TypeError);
    expect(() => parseSaved("not json")).toThrow(SyntaxError);
  });
});
