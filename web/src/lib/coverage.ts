/** What the sensors' counters say about a range: how much was seen, and what was lost. */

import type { Coverage } from "./types";

export interface CoverageFacts {
  /** Packets lost for each that came; null where nothing was counted. */
  loss: number | null;
  gapBytes: number | null;
  rowsDropped: number | null;
  /** Times without observation. */
  gaps: number;
  isLossy: boolean;
}

export function coverageFacts({ totals, gaps }: Coverage): CoverageFacts {
  const of = (stage: string, name: string): number | null => {
    const found = totals.find((total) => total.stage === stage && total.name === name);
    return found === undefined ? null : Number(found.value);
  };
  const received = of("capture", "received") ?? of("decode", "packets");
  const dropped = (of("capture", "kernel_drops") ?? 0) + (of("capture", "interface_drops") ?? 0);
  const came = received === null ? null : received + dropped;
  const loss = came === null ? null : came === 0 ? 0 : dropped / came;
  const gapBytes = of("stream", "gap_bytes");
  const rowsDropped = of("queue", "rows_dropped");
  return {
    loss,
    gapBytes,
    rowsDropped,
    gaps: gaps.length,
    isLossy: (loss ?? 0) > 0 || (rowsDropped ?? 0) > 0 || (gapBytes ?? 0) > 0,
  };
}

/** Whether the sensors saw any packet in it. */
export function sawPackets({ totals }: Coverage): boolean {
  return totals.some(
    ({ stage, name, value }) => stage === "decode" && name === "packets" && Number(value) > 0,
  );
}

/**
 * Seconds of a range that were observed, at least one: rates are over these. Before the capture
 * began nothing is known, and after now neither.
 */
export function observedSeconds(
  coverage: Coverage | null,
  span: { from: number; to: number },
  now: number,
): number {
  const passed = (Math.min(span.to, now) - span.from) / 1000;
  const seen = coverage?.points.filter(({ packets }) => packets !== null).length ?? 0;
  const observed = seen * (coverage?.bucket ?? 0);
  return Math.max(1, Math.min(observed || Infinity, passed));
}
