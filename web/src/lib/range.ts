/**
 * The time that the page looks at: the last minutes, rolling on, or from one moment to another.
 * In the address it reads `from=-5m`, or `from=2026-01-31T12:00:00.000Z&to=2026-01-31T12:05:00.000Z`.
 */

export type Range =
  | { readonly kind: "live"; readonly seconds: number }
  | { readonly kind: "fixed"; readonly from: number; readonly to: number };

export const QUICK: readonly { seconds: number; label: string; name: string }[] = [
  { seconds: 300, label: "5 min", name: "Last 5 minutes" },
  { seconds: 900, label: "15 min", name: "Last 15 minutes" },
  { seconds: 3600, label: "1 h", name: "Last hour" },
  { seconds: 21_600, label: "6 h", name: "Last 6 hours" },
  { seconds: 86_400, label: "24 h", name: "Last 24 hours" },
  { seconds: 604_800, label: "7 d", name: "Last 7 days" },
];

export const NOW: Range = { kind: "live", seconds: 300 };

/** A shorter one could not be divided into buckets that tell anything. */
export const SHORTEST_MS = 1000;
const LONGEST_SECONDS = 366 * 86_400;

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

export function parseRange(from: string | null, to: string | null): Range {
  const rolling = /^-(\d{1,9})([smhd])$/.exec(from ?? "");
  if (rolling && to === null) {
    const seconds = Number(rolling[1]) * (UNITS[rolling[2] ?? "s"] ?? 1);
    return { kind: "live", seconds: Math.min(LONGEST_SECONDS, Math.max(1, seconds)) };
  }
  const [begin, end] = [Date.parse(from ?? ""), Date.parse(to ?? "")];
  return end - begin >= SHORTEST_MS ? { kind: "fixed", from: begin, to: end } : NOW;
}

/** As the address and the API write it; `to` is null for what rolls on. */
export function formatRange(range: Range): { from: string; to: string | null } {
  if (range.kind === "fixed")
    return { from: new Date(range.from).toISOString(), to: new Date(range.to).toISOString() };
  const unit = (["d", "h", "m", "s"] as const).find(
    (name) => range.seconds % (UNITS[name] ?? 1) === 0 && range.seconds >= (UNITS[name] ?? 1) * 2,
  );
  const size = unit === undefined ? 1 : (UNITS[unit] ?? 1);
  return { from: `-${range.seconds / size}${unit ?? "s"}`, to: null };
}

export function sameRange(a: Range, b: Range): boolean {
  const [x, y] = [formatRange(a), formatRange(b)];
  return x.from === y.from && x.to === y.to;
}

/** For questions to the API: seconds for what rolls on, so that it is never taken as a month. */
export function asked(range: Range): { from: string; to?: string } {
  if (range.kind === "live") return { from: `-${range.seconds}s` };
  const { from, to } = formatRange(range);
  return to === null ? { from } : { from, to };
}

export function lengthMs(range: Range): number {
  return range.kind === "live" ? range.seconds * 1000 : range.to - range.from;
}

/** From when to when, on the clock `now`. */
export function bounds(range: Range, now: number): { from: number; to: number } {
  if (range.kind === "fixed") return { from: range.from, to: range.to };
  return { from: now - range.seconds * 1000, to: now };
}

/** What is shown now, and stays so. */
export function paused(range: Range, now: number): Range {
  return range.kind === "fixed" ? range : { kind: "fixed", ...bounds(range, now) };
}

/** Rolling on again, about as long as it was. */
export function resumed(range: Range): Range {
  if (range.kind === "live") return range;
  const seconds = lengthMs(range) / 1000;
  const fitting = QUICK.find((quick) => quick.seconds >= seconds - 1) ?? QUICK.at(-1);
  return { kind: "live", seconds: fitting?.seconds ?? 300 };
}

/** Half its length back (-1) or forward (1), and never beyond now. */
export function shifted(range: Range, direction: -1 | 1, now: number): Range {
  const { from, to } = bounds(range, now);
  const wanted = (direction * (to - from)) / 2;
  const by = Math.round(direction === 1 ? Math.min(wanted, Math.max(0, now - to)) : wanted);
  return fixed(from + by, to + by);
}

/** Twice as long around the same middle; what would lie beyond now is added in front. */
export function widened(range: Range, now: number): Range {
  const { from, to } = bounds(range, now);
  const half = (to - from) / 2;
  const end = Math.min(Math.max(now, to), to + half);
  return fixed(end - 4 * half, end);
}

/** From one moment to another, whichever came first, and not too short. */
export function fixed(a: number, b: number): Range {
  const [from, to] = a <= b ? [a, b] : [b, a];
  const middle = (from + to) / 2;
  if (to - from < SHORTEST_MS)
    return {
      kind: "fixed",
      from: Math.round(middle - SHORTEST_MS / 2),
      to: Math.round(middle + SHORTEST_MS / 2),
    };
  return { kind: "fixed", from: Math.round(from), to: Math.round(to) };
}

/** As long a time just before. */
export function before(range: Range, now: number): { from: number; to: number } {
  const { from, to } = bounds(range, now);
  return { from: from - (to - from), to: from };
}

/** How often a rolling range is asked for: as often as its buckets grow, within reason. */
export function pollMs(range: Range): number {
  if (range.kind === "fixed") return 60_000;
  return Math.min(30_000, Math.max(2000, (range.seconds * 1000) / 150));
}

/** What a filter must say so that only rows of a fixed range are found; nothing where it rolls. */
export function spanTerm(range: Range): string {
  if (range.kind === "live") return "";
  const { from, to } = formatRange(range);
  return `time >= '${from}' and time < '${to}'`;
}

const two = (value: number) => String(value).padStart(2, "0");

function clockOf(date: Date, withSeconds: boolean): string {
  const text = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return withSeconds ? `${text}:${two(date.getSeconds())}` : text;
}

function dayOf(date: Date): string {
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** A range in words, in the browser's zone; days are named where it is not today. */
export function rangeWords(range: Range, now: number): string {
  if (range.kind === "live") {
    const quick = QUICK.find(({ seconds }) => seconds === range.seconds);
    return quick?.name ?? `Last ${formatRange(range).from.slice(1)}`;
  }
  const [from, to, today] = [new Date(range.from), new Date(range.to), new Date(now)];
  const withSeconds = lengthMs(range) < 600_000;
  const sameDay = dayOf(from) === dayOf(to);
  const first = `${dayOf(from) === dayOf(today) ? "" : `${dayOf(from)} `}${clockOf(from, withSeconds)}`;
  return `${first} – ${sameDay ? "" : `${dayOf(to)} `}${clockOf(to, withSeconds)}`;
}

/** For a field of the kind `datetime-local`. */
export function localField(ms: number): string {
  const date = new Date(ms);
  return `${dayOf(date)}T${clockOf(date, true)}`;
}
