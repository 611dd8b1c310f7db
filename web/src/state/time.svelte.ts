import { paused, resumed, shifted, widened } from "../lib/range";
import type { Place } from "../lib/route";
import { file } from "./file.svelte";
import { nav } from "./nav.svelte";

const TIMED: readonly Place[] = ["overview", "traffic", "map", "flows", "compare"];

/** Whether a place shows what a range of time holds. */
export function hasTime(place: Place): boolean {
  return TIMED.includes(place);
}

export function pause(): void {
  nav.change({ range: paused(nav.route.range, Date.now()), open: null });
}

/** Rolls on with the time; in a file, which has an end, all of it is shown. */
export function goLive(): void {
  if (file.isOpen) return file.whole();
  nav.change({ range: resumed(nav.route.range), open: null });
}

export function step(direction: -1 | 1): void {
  nav.change({ range: shifted(nav.route.range, direction, Date.now()), open: null });
}

export function widen(): void {
  nav.change({ range: widened(nav.route.range, Date.now()), open: null });
}

/** Does what a key means for the time; answers whether it means anything. */
export function timeKey(key: string): boolean {
  switch (key) {
    case "p":
      if (nav.route.range.kind === "live") pause();
      else goLive();
      return true;
    case "[":
      step(-1);
      return true;
    case "]":
      step(1);
      return true;
    case "-":
      widen();
      return true;
    default:
      return false;
  }
}
