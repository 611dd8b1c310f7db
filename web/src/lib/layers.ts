import type { Layer, LayerField } from "./types";

export interface Range {
  offset: number;
  length: number;
}

/** A field's place, or that of its layer where the field has none of its own. */
export function rangeOf(layer: Layer, field: LayerField | null): Range {
  if (field && field.offset !== null && field.length !== null && field.length > 0) {
    return { offset: field.offset, length: field.length };
  }
  return { offset: layer.offset, length: layer.length };
}

/** The narrowest part that holds the byte: a field if there is one, else its layer. */
export function partAt(layers: readonly Layer[], at: number): { key: string; range: Range } | null {
  let best: { key: string; range: Range } | null = null;
  layers.forEach((layer, index) => {
    const parts: [string, Range][] = [[`${index}`, rangeOf(layer, null)]];
    layer.fields.forEach((field, number) => {
      if (field.offset !== null && field.length)
        parts.push([`${index}.${number}`, rangeOf(layer, field)]);
    });
    for (const [key, range] of parts) {
      const holds = at >= range.offset && at < range.offset + range.length;
      if (holds && (best === null || range.length <= best.range.length)) best = { key, range };
    }
  });
  return best;
}
