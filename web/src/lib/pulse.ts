/** What an interface receives, second by second, from a counter that is read now and then. */

export interface Reading {
  /** Milliseconds of any steady clock. */
  at: number;
  received: number;
}

/** Readings kept: a minute of them, read once a second. */
export const MAX_READINGS = 60;

/** The readings with one more. A counter that fell was begun anew, and the past with it. */
export function withReading(readings: readonly Reading[], added: Reading): Reading[] {
  const last = readings.at(-1);
  if (last && added.received < last.received) return [added];
  if (last && added.at <= last.at) return [...readings];
  return [...readings, added].slice(-MAX_READINGS);
}

/** Packets a second between each two readings. */
export function rates(readings: readonly Reading[]): number[] {
  return readings.slice(1).map(({ at, received }, index) => {
    const before = readings[index];
    return before ? ((received - before.received) * 1000) / (at - before.at) : 0;
  });
}

/** An SVG polyline of values from the right edge to the left, in a box of this size. */
export function polyline(values: readonly number[], width: number, height: number): string {
  const most = Math.max(1, ...values);
  const step = width / (MAX_READINGS - 2);
  return values
    .map((value, index) => {
      const x = width - (values.length - 1 - index) * step;
      const y = height - 1 - (value / most) * (height - 2);
      return `${x.toFixed(1)},${y.toFixed(1)}`;
    })
    .join(" ");
}
