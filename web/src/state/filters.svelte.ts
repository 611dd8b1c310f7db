import { api } from "../lib/api";
import type { Vocabulary } from "../lib/complete";
import { formatSaved, parseSaved, remembered, withSaved, type SavedFilter } from "../lib/library";

export type FilterTable = SavedFilter["table"];
const SAVED = "nautscan.filters.saved";
const HISTORY = "nautscan.filters.history";

/** The filters of this browser, and the words that filters are made of. */
class Filters {
  saved = $state.raw<SavedFilter[]>(readSaved());
  private history = $state.raw<Record<string, string[]>>(readHistory());
  private readonly words = new Map<FilterTable, Promise<Vocabulary>>();

  /** Columns and functions of a table, asked for once; again after a failure. */
  vocabulary(table: FilterTable): Promise<Vocabulary> {
    let asked = this.words.get(table);
    if (!asked) {
      asked = api.columns(table);
      asked.catch(() => this.words.delete(table));
      this.words.set(table, asked);
    }
    return asked;
  }

  recent(table: FilterTable): readonly string[] {
    return this.history[table] ?? [];
  }

  remember(table: FilterTable, filter: string): void {
    this.history = { ...this.history, [table]: remembered(this.recent(table), filter) };
    store(HISTORY, JSON.stringify(this.history));
  }

  save(added: SavedFilter): void {
    this.keep(withSaved(this.saved, added));
  }

  remove(removed: SavedFilter): void {
    this.keep(this.saved.filter((kept) => kept !== removed));
  }

  /** Takes the filters of a file in; answers how many. Throws where it holds none. */
  load(text: string): number {
    const found = parseSaved(text);
    this.keep(found.reduce(withSaved, this.saved));
    return found.length;
  }

  /** All saved filters as a file's text. */
  export(): string {
    return formatSaved(this.saved);
  }

  private keep(saved: SavedFilter[]): void {
    this.saved = saved;
    store(SAVED, formatSaved(saved));
  }
}

function store(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    // Storage may be forbidden or full: then it holds until the page is left.
  }
}

function readSaved(): SavedFilter[] {
  try {
    return parseSaved(localStorage.getItem(SAVED) ?? "[]");
  } catch {
    return [];
  }
}

function readHistory(): Record<string, string[]> {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(HISTORY) ?? "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, string[]>) : {};
  } catch {
    return {};
  }
}

export const filters = new Filters();
