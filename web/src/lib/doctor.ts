/** The doctor's list: what comes first, and the words for states. */

import { count } from "./format";
import type { DoctorCheck, DoctorReport } from "./types";

export type State = DoctorCheck["state"];

const SEVERITY: readonly State[] = ["failed", "warning", "unknown", "ok"];

export const STATE_WORDS: Readonly<Record<State, string>> = {
  failed: "Failed",
  warning: "To note",
  unknown: "Not known",
  ok: "OK",
};

/** What needs attention first; within a state, the server's order, which leads from the place on. */
export function bySeverity(checks: readonly DoctorCheck[]): DoctorCheck[] {
  return SEVERITY.flatMap((state) => checks.filter((check) => check.state === state));
}

/** What the doctor found, in one line. */
export function summary({ counts, checks }: Pick<DoctorReport, "counts" | "checks">): string {
  const { failed, warning, unknown, ok } = counts;
  if (ok === checks.length) return `All ${count(ok)} checks are fine.`;
  const parts = [
    failed > 0 ? `${count(failed)} failed` : "",
    warning > 0 ? `${count(warning)} to note` : "",
    unknown > 0 ? `${count(unknown)} not known` : "",
    `${count(ok)} fine`,
  ];
  return `${parts.filter((part) => part !== "").join(", ")}.`;
}

/** Which process looked, for a person. */
export function lookedFrom(where: string): string {
  return where === "sensor" ? "seen by the sensor" : `seen by the ${where}`;
}
