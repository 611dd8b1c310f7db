import { describe, expect, it } from "vitest";
import { nextSort, sorted } from "./sorting";

const rows = [
  { id: 1, ms: 20, target: "/b" },
  { id: 2, ms: null, target: "/a" },
  { id: 3, ms: 3, target: null },
  { id: 4, ms: 20, target: "/c" },
];
const ids = (by: string, down: boolean) => sorted(rows, { by, down }).map(({ id }) => id);

describe("sorted", () => {
  it("compares numbers as numbers, and keeps equals as they came", () => {
    expect(ids("ms", true)).toEqual([1, 4, 3, 2]);
    expect(ids("ms", false)).toEqual([3, 1, 4, 2]);
  });
  it("puts what was not observed last, either way", () => {
    expect(ids("target", true)).toEqual([4, 1, 2, 3]);
    expect(ids("target", false)).toEqual([2, 1, 4, 3]);
  });
  it("leaves the rows as they were", () => {
    sorted(rows, { by: "ms", down: true });
    expect(rows.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
  });
});

describe("nextSort", () => {
  it("goes down, up, and off", () => {
    const down = nextSort(null, "ms");
    const up = nextSort(down, "ms");
    expect([down, up, nextSort(up, "ms")]).toEqual([
      { by: "ms", down: true },
      { by: "ms", down: false },
      null,
    ]);
    expect(nextSort(up, "id")).toEqual({ by: "id", down: true });
  });
});
