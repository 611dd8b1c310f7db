import { view } from "../lib/api";
import { sameRange } from "../lib/range";
import { HOME, formatRoute, parseRoute, type Place, type Route } from "../lib/route";

/** Where the page is. The address is the truth; this follows it. */
class Nav {
  route = $state.raw<Route>(parseRoute(location.hash));
  /** The filter that each place had, for coming back to it. */
  private readonly filters = new Map<Place, string>();

  constructor() {
    view.source = this.route.source;
    addEventListener("hashchange", () => this.follow());
    addEventListener("popstate", () => this.follow());
  }

  /**
   * Goes to another place with the filter it had, or with the one given. The time looked at stays,
   * and the file, if one is looked at.
   */
  visit(place: Place, changes: Partial<Omit<Route, "place">> = {}): void {
    this.filters.set(this.route.place, this.route.filter);
    const filter = this.filters.get(place) ?? "";
    const { range, source } = this.route;
    // Numbers of flows and packets, and names, mean something else in another source.
    if (changes.source !== undefined && changes.source !== source) this.filters.clear();
    this.set({ ...HOME, range, source, place, filter, ...changes });
  }

  /** Puts right what the address left open; Back does not lead to how it was. */
  settle(changes: Partial<Omit<Route, "place">>): void {
    this.set({ ...this.route, ...changes }, true);
  }

  /**
   * Changes the address in this place. What opens and closes replaces: Back leaves the place. A
   * filter or a range is a step that Back takes back.
   */
  change(changes: Partial<Omit<Route, "place">>): void {
    const next = { ...this.route, ...changes };
    const same = next.filter === this.route.filter && sameRange(next.range, this.route.range);
    this.set(next, same);
  }

  private set(route: Route, replace = false): void {
    const hash = formatRoute(route);
    if (hash === formatRoute(this.route)) return;
    if (replace) history.replaceState(null, "", hash);
    else history.pushState(null, "", hash);
    this.show(route);
  }

  private follow(): void {
    this.show(parseRoute(location.hash));
  }

  private show(route: Route): void {
    // Before anything on the page asks anew.
    view.source = route.source;
    this.route = route;
  }
}

export const nav = new Nav();
