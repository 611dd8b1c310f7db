/** Filters that are kept: the last ones used, and those that somebody saved under a name. */

const TABLES = ["requests", "flows", "packets"] as const;

export interface SavedFilter {
  name: string;
  table: (typeof TABLES)[number];
  filter: string;
}

/** Filters remembered for each table; older ones go. */
export const MAX_HISTORY = 30;
/** Saved filters; more would not be found again in a list. */
export const MAX_SAVED = 200;
const MAX_NAME = 80;
const MAX_FILTER = 4096;

/** The history with one more filter in front. */
export function remembered(history: readonly string[], filter: string): string[] {
  if (filter === "") return [...history];
  return [filter, ...history.filter((known) => known !== filter)].slice(0, MAX_HISTORY);
}

/** The saved filters with one more; the same name for the same table replaces. */
export function withSaved(saved: readonly SavedFilter[], added: SavedFilter): SavedFilter[] {
  const others = saved.filter(({ name, table }) => name !== added.name || table !== added.table);
  return [...others, added].sort((a, b) => a.name.localeCompare(b.name)).slice(0, MAX_SAVED);
}

/** What a file or the browser's storage holds; anything that is not a saved filter is left out. */
export function parseSaved(text: string): SavedFilter[] {
  const value: unknown = JSON.parse(text);
  const list: unknown = isRecord(value) ? value["filters"] : value;
  if (!Array.isArray(list)) throw new TypeError("it holds no list of filters");
  return list.filter(isSaved).slice(0, MAX_SAVED);
}

export function formatSaved(saved: readonly SavedFilter[]): string {
  return `${JSON.stringify({ nautscan: "filters", filters: saved }, null, 2)}\n`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSaved(value: unknown): value is SavedFilter {
  if (!isRecord(value)) return false;
  const { name, table, filter } = value;
  return (
    typeof name === "string" &&
    name.trim() !== "" &&
    name.length <= MAX_NAME &&
    typeof filter === "string" &&
    filter.trim() !== "" &&
    filter.length <= MAX_FILTER &&
    TABLES.some((known) => known === table)
  );
}
