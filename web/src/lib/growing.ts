/** Requests that last, such as WebSockets and streams of events: they are told while they go on. */

import { ago, clock, duration } from "./format";
import type { RequestRow } from "./types";

/** What tells a row of a request from what was told of it before. */
export interface Told {
  id: number;
  /** Null: it is told once. */
  exchange_id?: number | null;
  /** When it was told, as the server writes times: they compare as texts. */
  updated?: string | null;
  completeness?: string;
}

/** Whether a row was told after another one of the same request. */
export function isLater(row: Told, than: Told): boolean {
  return (row.updated ?? "") > (than.updated ?? "");
}

/** The one of two versions of a request that was told last, with all that is known of either. */
export function latest<Row extends Told, Whole extends Row>(whole: Whole, row: Row | null): Whole {
  return row !== null && row.id === whole.id && isLater(row, whole) ? { ...whole, ...row } : whole;
}

export function isOpen({ completeness }: Pick<RequestRow, "completeness">): boolean {
  return completeness === "open";
}

/** How long a request took; one that goes on has taken no time yet that could be compared. */
export function took(row: Pick<RequestRow, "completeness" | "duration_ns">): string {
  return isOpen(row) ? "open" : duration(row.duration_ns);
}

/** Nanoseconds from its beginning until it was last told; null where that is not known. */
export function lasted({ time, updated }: Pick<RequestRow, "time" | "updated">): number | null {
  if (updated === null) return null;
  return Math.max(0, Date.parse(updated) - Date.parse(time)) * 1e6;
}

/** Since when one goes on, for a title; without the day if that was less than one ago. */
export function openSince(row: Pick<RequestRow, "time" | "updated">): string {
  const whole = lasted(row);
  const moment = clock(row.time).slice(0, 8);
  const day = whole !== null && whole < DAY_NS ? "" : `${row.time.slice(0, 10)} `;
  return `open since ${day}${moment}`;
}

const DAY_NS = 86_400e9;
/** One that changes is told again within a second or two; this long without a word is silence. */
const SILENT_MS = 15_000;

/** What is known about whether one that was open still is. */
export function openWords(row: Pick<RequestRow, "time" | "updated">, now: number): string {
  if (row.updated === null)
    return "It was still going on when the capture ended: what is shown is what had come until then.";
  const since = openSince(row);
  if (now - Date.parse(row.updated) < SILENT_MS)
    return `It is going on, ${since}: what is shown grows as more comes.`;
  return `It was still going on when it was last told of, ${ago(row.updated, now)} (${since}). Nothing has come on it since then: it is silent, or its end was not captured.`;
}
