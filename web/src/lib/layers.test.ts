import { describe, expect, it } from "vitest";
import { partAt, rangeOf } from "./layers";
import type { Layer } from "./types";

const field = (name: string, offset: number | null, length: number | null) => ({
  name,
  value: "",
  offset,
  length,
});
const layers: Layer[] = [
  {
    name: "Ethernet",
    offset: 0,
    length: 14,
    error: null,
    fields: [field("to", 0, 6), field("from", 6, 6)],
  },
  {
    name: "IPv4",
    offset: 14,
    length: 20,
    error: null,
    fields: [field("note", null, null), field("ttl", 22, 1)],
  },
];

describe("layers", () => {
  it("finds the narrowest part that holds a byte", () => {
    expect(partAt(layers, 7)).toEqual({ key: "0.1", range: { offset: 6, length: 6 } });
    expect(partAt(layers, 22)?.key).toBe("1.1");
  });
  it("falls back to the layer between fields, and to nothing beyond", () => {
    expect(partAt(layers, 13)).toEqual({ key: "0", range: { offset: 0, length: 14 } });
    expect(partAt(layers, 99)).toBeNull();
  });
  it("marks the layer for a field without a place", () => {
    const layer = layers[1] as Layer;
    expect(rangeOf(layer, layer.fields[0] ?? null)).toEqual({ offset: 14, length: 20 });
  });
});
