/** The page's state in the address: `#/traffic?filter=status+%3E%3D+500&from=-1h&open=12`. */

import { NOW, formatRange, parseRange, sameRange, type Range } from "./range";

/** In the order of the rail and of the number keys. */
export const PLACES = [
  "overview",
  "traffic",
  "map",
  "containers",
  "flows",
  "packets",
  "capture",
  "settings",
] as const;
/** A view of a range beside another; reached from the time bar, not from the rail. */
const ALL_PLACES = [...PLACES, "compare"] as const;
export type Place = (typeof ALL_PLACES)[number];

export interface Route {
  place: Place;
  /** The display filter, over all places that list rows. */
  filter: string;
  /** The uploaded capture that is looked at instead of live traffic, by its id. */
  source: string | null;
  /** The time looked at, over all places that have one. */
  range: Range;
  /** In `compare`: what the range stands beside; null for as long a time just before. */
  base: { from: number; to: number } | null;
  /** What is opened in the place: a request, flow or packet by id, a container by name. */
  open: string | null;
}

export const HOME: Route = {
  place: "overview",
  filter: "",
  source: null,
  range: NOW,
  base: null,
  open: null,
};

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const place = ALL_PLACES.find((name) => name === path) ?? HOME.place;
  const params = new URLSearchParams(query);
  const base = parseRange(params.get("base_from"), params.get("base_to"));
  return {
    place,
    filter: params.get("filter") ?? "",
    source: params.get("source") || null,
    range: parseRange(params.get("from"), params.get("to")),
    base: base.kind === "fixed" ? { from: base.from, to: base.to } : null,
    open: params.get("open"),
  };
}

export function formatRoute({ place, filter, source, range, base, open }: Route): string {
  const params = new URLSearchParams();
  if (filter) params.set("filter", filter);
  if (source !== null) params.set("source", source);
  if (!sameRange(range, NOW)) {
    const { from, to } = formatRange(range);
    params.set("from", from);
    if (to !== null) params.set("to", to);
  }
  if (base !== null) {
    params.set("base_from", new Date(base.from).toISOString());
    params.set("base_to", new Date(base.to).toISOString());
  }
  if (open !== null) params.set("open", open);
  const query = params.toString();
  return `#/${place}${query ? `?${query}` : ""}`;
}
