/** How values read. Every function answers a dash for null: absent is shown as absent. */

export const ABSENT = "–";

const DIGITS_OF_SECOND = 3;

/** A clock time of the browser's zone with milliseconds, from RFC 3339 with nanoseconds. */
export function clock(time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return ABSENT;
  const two = (value: number) => String(value).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${fraction(time)}`;
}

/** The digits after the second as the text has them: Date would round nanoseconds away. */
export function fraction(time: string, digits = DIGITS_OF_SECOND): string {
  const found = /\.(\d+)/.exec(time)?.[1] ?? "";
  return found.slice(0, digits).padEnd(digits, "0");
}

/** Date and clock to the nanosecond, UTC, as the packet had it. */
export function exactTime(time: string): string {
  return time.replace("T", " ").replace("Z", " UTC");
}

const DURATIONS: readonly [limit: number, unit: number, name: string][] = [
  [1_000, 1, "ns"],
  [1_000_000, 1_000, "µs"],
  [1_000_000_000, 1_000_000, "ms"],
  [60_000_000_000, 1_000_000_000, "s"],
];

/** Nanoseconds in the unit a person would say: three significant digits, never more. */
export function duration(ns: number | null | undefined): string {
  if (ns === null || ns === undefined) return ABSENT;
  if (ns < 0) return `-${duration(-ns)}`;
  for (const [limit, unit, name] of DURATIONS) {
    if (ns < limit && Math.round(ns / unit) < limit / unit)
      return `${significant(ns / unit)} ${name}`;
  }
  const seconds = Math.round(ns / 1e9);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

const SIZES = ["B", "kB", "MB", "GB", "TB", "PB"] as const;

/** Bytes in decimal units, as disks and networks are sold. */
export function bytes(count: number | null | undefined): string {
  if (count === null || count === undefined) return ABSENT;
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < SIZES.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : significant(value)} ${SIZES[unit]}`;
}

/** A whole number with thin spaces between thousands. */
export function count(value: number | null | undefined): string {
  if (value === null || value === undefined) return ABSENT;
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
}

/** A rate: whole when large, one or two decimals when small. */
export function rate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined) return ABSENT;
  if (perSecond === 0) return "0";
  if (perSecond < 0.01) return "<0.01";
  return perSecond >= 1000 ? count(perSecond) : significant(perSecond);
}

/** A share as a percentage; a share above none never reads as zero. */
export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined) return ABSENT;
  if (share === 0) return "0 %";
  const value = share * 100;
  if (value < 0.1) return "<0.1 %";
  return `${value >= 99.95 && value < 100 ? "99.9" : significant(value)} %`;
}

/** Three significant digits without a trailing ".0". */
function significant(value: number): string {
  const decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  const text = value.toFixed(decimals);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** How long ago, coarse, for a clock that the caller gives. */
export function ago(time: string | null, now: number): string {
  if (!time) return ABSENT;
  const seconds = Math.max(0, Math.round((now - new Date(time).getTime()) / 1000));
  if (seconds < 2) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** Address and port; IPv6 in brackets, as URLs write it. */
export function endpoint(ip: string | null, port: number | null): string {
  if (ip === null) return ABSENT;
  if (port === null) return ip;
  return ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`;
}

/** The class that colours a method; unknown methods share one colour. */
export function methodClass(method: string | null): string {
  switch (method) {
    case null:
      return "s-none";
    case "GET":
    case "HEAD":
    case "OPTIONS":
      return "m-get";
    case "POST":
      return "m-post";
    case "PUT":
    case "PATCH":
      return "m-put";
    case "DELETE":
      return "m-delete";
    default:
      return "m-other";
  }
}

/** The class that colours a status: its hundred. */
export function statusClass(status: number | null): string {
  if (status === null) return "s-none";
  // Success, in every protocol that has such a number: gRPC, DNS, MQTT.
  if (status === 0) return "s-2xx";
  const hundred = Math.floor(status / 100);
  return hundred >= 1 && hundred <= 5 ? `s-${hundred}xx` : "s-none";
}

/** How long a latency bar is, 0 to 1: logarithmic from 100 µs to 10 s, since calls span that. */
export function latencyShare(ns: number | null): number {
  if (ns === null || ns <= 0) return 0;
  const share = (Math.log10(ns) - 5) / 5;
  return Math.min(1, Math.max(0.03, share));
}
