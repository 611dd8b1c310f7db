/** Where the API is, and the token for it where that is another origin than the page's. */

export interface Place {
  /** What paths of the API are appended to. No slash at the end. */
  base: string;
  /** Another origin: no cookie of the page reaches it, so the token goes along by hand. */
  separate: boolean;
}

declare global {
  interface Window {
    /** Set by config.js before anything else runs. */
    nautscan?: { api?: unknown };
  }
}

const DEFAULT = "/api";
const KEPT = "nautscan.token";

/** The place that config.js names, seen from the page at `page`. */
export function placeOf(stated: unknown, page: string): Place {
  const text = typeof stated === "string" && stated !== "" ? stated : DEFAULT;
  const url = new URL(text, page);
  const path = url.pathname.replace(/\/+$/, "");
  const separate = url.origin !== new URL(page).origin;
  return { base: separate ? `${url.origin}${path}` : path, separate };
}

/** The same place for a WebSocket. */
export function socketAddress(place: Place, page: string, path: string): string {
  const url = new URL(`${place.base}/${path}`, page);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}

/** Takes `?token=` out of an address: the token, and the address without it. */
export function withoutToken(address: string): { token: string | null; address: string } {
  const url = new URL(address);
  const token = url.searchParams.get("token");
  url.searchParams.delete("token");
  return { token: token === "" ? null : token, address: url.href };
}

function inBrowser(): boolean {
  return typeof window !== "undefined";
}

export const place: Place = inBrowser()
  ? placeOf(window.nautscan?.api, location.href)
  : { base: DEFAULT, separate: false };

/** The token for a separate API. Kept for this tab only; null where a cookie serves. */
class Token {
  private value: string | null = null;

  constructor() {
    if (!inBrowser() || !place.separate) return;
    const { token, address } = withoutToken(location.href);
    this.value = token ?? read();
    if (token !== null) {
      this.set(token);
      // Not to be bookmarked or shared.
      history.replaceState(history.state, "", address);
    }
  }

  get(): string | null {
    return this.value;
  }

  set(value: string): void {
    this.value = value;
    try {
      sessionStorage.setItem(KEPT, value);
    } catch {
      // Storage may be forbidden; it is asked for again after a reload.
    }
  }
}

function read(): string | null {
  try {
    return sessionStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

export const token = new Token();
