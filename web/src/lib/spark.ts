/** Small charts as SVG paths, and the arithmetic of charts that needs no canvas. */

/** A filled course of values over the width, 0 at the bottom; null values are holes. */
export function areaPath(
  values: readonly (number | null)[],
  width: number,
  height: number,
  top = Math.max(0, ...values.map((value) => value ?? 0)),
): string {
  if (values.length === 0 || top <= 0) return "";
  const step = width / values.length;
  const y = (value: number) => round(height - (value / top) * height);
  return values
    .map((value, index) => {
      if (value === null || value === 0) return "";
      const x = round(index * step);
      return `M${x} ${height}V${y(value)}H${round((index + 1) * step)}V${height}Z`;
    })
    .join("");
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Values for each second instead of each bucket. */
export function perSecond(
  values: readonly (number | null)[],
  bucketSeconds: number,
): (number | null)[] {
  return values.map((value) => (value === null ? null : value / bucketSeconds));
}

/**
 * The last bucket of a rolling range is not over yet: as a rate it would always show a fall. It is
 * left out of what is drawn, unless the range has ended.
 */
export function finished<T extends { time: string }>(
  points: readonly T[],
  bucketSeconds: number,
  now: number,
): T[] {
  const last = points.at(-1);
  if (!last) return [];
  const isOver = Date.parse(last.time) + bucketSeconds * 1000 <= now;
  return isOver ? [...points] : points.slice(0, -1);
}
