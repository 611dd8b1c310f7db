/** A range beside another: words for what differs, and by how much. */

import { duration, percent, rate } from "./format";
import type { ComparedGroup, Verdict } from "./types";

export const VERDICTS: readonly {
  verdict: Verdict;
  name: string;
  tone: "bad" | "warn" | "good" | "plain";
}[] = [
  { verdict: "failing", name: "Failing more", tone: "bad" },
  { verdict: "slower", name: "Slower", tone: "warn" },
  { verdict: "new", name: "New", tone: "plain" },
  { verdict: "gone", name: "Gone", tone: "plain" },
  { verdict: "recovering", name: "Failing less", tone: "good" },
  { verdict: "faster", name: "Faster", tone: "good" },
  { verdict: "same", name: "About the same", tone: "plain" },
  { verdict: "few", name: "Too few to tell", tone: "plain" },
];

export function verdictName(verdict: Verdict): string {
  return VERDICTS.find((known) => known.verdict === verdict)?.name ?? verdict;
}

export function verdictTone(verdict: Verdict): string {
  return VERDICTS.find((known) => known.verdict === verdict)?.tone ?? "plain";
}

/** Only groups with a verdict; all of them for null. */
export function having(
  groups: readonly ComparedGroup[],
  verdict: Verdict | null,
): readonly ComparedGroup[] {
  return verdict === null ? groups : groups.filter(({ verdicts }) => verdicts.includes(verdict));
}

/** What matters: all but those that are the same, or too few to tell. */
export function differing(groups: readonly ComparedGroup[]): readonly ComparedGroup[] {
  return groups.filter(({ verdicts }) => verdicts[0] !== "same" && verdicts[0] !== "few");
}

/** `base → now`, with a dash on the side where it was not seen. */
export function sides(
  { now, base }: ComparedGroup,
  value: "rate" | "error_rate" | "p95_ns",
): { base: string; now: string; change: string } {
  const write = { rate: (x: number | null) => rate(x), error_rate: percent, p95_ns: duration }[
    value
  ];
  const [before, after] = [base?.[value] ?? null, now?.[value] ?? null];
  return { base: write(before), now: write(after), change: change(before, after, value) };
}

/** The change as a person would say it: times, percent, or points of a share. */
export function change(
  before: number | null,
  after: number | null,
  value: "rate" | "error_rate" | "p95_ns",
): string {
  if (before === null || after === null) return "";
  if (value === "error_rate") {
    const points = (after - before) * 100;
    return Math.abs(points) < 0.05 ? "±0" : `${sign(points)}${Math.abs(points).toFixed(1)} pt`;
  }
  if (before === 0) return "";
  const ratio = after / before;
  if (ratio >= 2) return `×${ratio >= 9.95 ? Math.round(ratio) : ratio.toFixed(1)}`;
  const share = (ratio - 1) * 100;
  return Math.abs(share) < 0.5 ? "±0" : `${sign(share)}${Math.abs(Math.round(share))} %`;
}

function sign(value: number): string {
  return value < 0 ? "−" : "+";
}
