import { paused, resumed, shifted, widened, type Range } from "../lib/range";
import type { Place } from "../lib/route";
import { file } from "./file.svelte";
import { nav } from "./nav.svelte";

const TIMED: readonly Place[] = ["overview", "traffic", "map", "containers", "flows", "compare"];

/** Whether a place shows what a range of time holds. */
export function hasTime(place: Place): boolean {
  return TIMED.includes(place);
}

/** Places whose rows are those of the range: what is opened there may be none of them next. */
const LISTS: readonly Place[] = ["traffic", "flows"];

/** Looks at another time. What is opened stays open where it means the same in every range. */
export function look(range: Range): void {
  nav.change(LISTS.includes(nav.route.place) ? { range, open: null } : { range });
}

export function pause(): void {
  look(paused(nav.route.range, Date.now()));
}

/** Rolls on with the time; in a file, which has an end, all of it is shown. */
export function goLive(): void {
  if (file.isOpen) return file.whole();
  look(resumed(nav.route.range));
}

export function step(direction: -1 | 1): void {
  look(shifted(nav.route.range, direction, Date.now()));
}

export function widen(): void {
  look(widened(nav.route.range, Date.now()));
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
