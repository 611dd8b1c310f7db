/** The page's state in the address: `#/traffic?filter=status+%3E%3D+500&id=12`. */

export const PLACES = ["traffic", "containers", "flows", "packets", "capture"] as const;
export type Place = (typeof PLACES)[number];

export interface Route {
  place: Place;
  /** The display filter, over all places that list rows. */
  filter: string;
  /** What is opened in the place: a request, flow or packet by id, a container by name. */
  open: string | null;
}

export const HOME: Route = { place: "traffic", filter: "", open: null };

export function parseRoute(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const place = PLACES.find((name) => name === path) ?? HOME.place;
  const params = new URLSearchParams(query);
  return { place, filter: params.get("filter") ?? "", open: params.get("open") };
}

export function formatRoute({ place, filter, open }: Route): string {
  const params = new URLSearchParams();
  if (filter) params.set("filter", filter);
  if (open !== null) params.set("open", open);
  const query = params.toString();
  return `#/${place}${query ? `?${query}` : ""}`;
}
