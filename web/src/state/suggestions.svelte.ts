import { api, isAbort } from "../lib/api";
import { slotAt, valueOption, wordsFor, type Option, type Slot } from "../lib/complete";
import { count } from "../lib/format";
import { filters, type FilterTable } from "./filters.svelte";

export interface Suggestion extends Omit<Option, "kind"> {
  /** `whole` replaces the filter: one that was used or saved before. */
  kind: Option["kind"] | "whole";
  group: string;
}

const VALUES_AFTER_MS = 120;
const MAX_WORDS = 60;
const MAX_VALUES = 30;
const MAX_RECENT = 8;

/** The list below the filter: what can be written where the caret is. */
export class Suggestions {
  open = $state.raw(false);
  options = $state.raw<readonly Suggestion[]>([]);
  /** The option that Enter takes; -1: none, Enter then applies the filter. */
  active = $state.raw(-1);
  slot = $state.raw<Slot | null>(null);
  caret = $state.raw(0);
  /** Where the counts come from. */
  note = $state.raw("");

  private abort: AbortController | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly table: FilterTable) {}

  get chosen(): Suggestion | null {
    return this.open ? (this.options[this.active] ?? null) : null;
  }

  move(by: number): void {
    const { length } = this.options;
    // One place more than options: none of them, so that Enter applies what is written.
    if (length > 0) this.active = ((this.active + 1 + by + length + 1) % (length + 1)) - 1;
  }

  close(): void {
    this.open = false;
    this.active = -1;
    this.stop();
  }

  /** Shows what fits where the caret is. */
  ask(text: string, caret: number): void {
    this.stop();
    this.open = true;
    this.active = -1;
    this.caret = caret;
    const abort = new AbortController();
    this.abort = abort;
    void this.find(text, caret, abort.signal);
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.abort?.abort();
    this.abort = null;
  }

  private async find(text: string, caret: number, signal: AbortSignal): Promise<void> {
    try {
      const vocabulary = await filters.vocabulary(this.table);
      if (signal.aborted) return;
      const slot = slotAt(text, caret, vocabulary);
      const words = wordsFor(slot, vocabulary).slice(0, MAX_WORDS);
      const isEmpty = text.trim() === "";
      const exact = words.length === 1 && words[0]?.label === slot.typed;
      this.slot = slot;
      this.note = "";
      this.show([...(isEmpty ? this.whole() : []), ...(exact ? [] : words.map(grouped))]);
      if (slot.wanted === "value" && slot.column) this.askValues(slot, slot.column.name, signal);
    } catch (cause) {
      // Without help a filter can still be written.
      if (!isAbort(cause)) this.options = [];
    }
  }

  private show(options: readonly Suggestion[]): void {
    this.options = options;
    this.active = -1;
  }

  /** Filters as a whole: the saved ones, then the last ones. */
  private whole(): Suggestion[] {
    const saved = filters.saved.filter(({ table }) => table === this.table);
    const recent = filters.recent(this.table).slice(0, MAX_RECENT);
    return [
      ...saved.map(({ name, filter }) => whole(name, filter, filter, "Saved filters")),
      ...recent.map((filter) => whole(filter, "", filter, "Used lately")),
    ];
  }

  private askValues(slot: Slot, column: string, signal: AbortSignal): void {
    this.timer = setTimeout(() => {
      const query = { table: this.table, column, part: slot.typed, filter: slot.before };
      api.values({ ...query, limit: MAX_VALUES }, signal).then(
        ({ values, rows }) => {
          if (signal.aborted) return;
          const options = values.map((each) =>
            grouped(valueOption(each.value, "", each.count, slot.nested)),
          );
          this.show([...this.options.filter(({ kind }) => kind !== "value"), ...options]);
          const within = slot.before ? " that match what stands before" : "";
          this.note = values.length ? `counted in the newest ${count(rows)} rows${within}` : "";
        },
        () => undefined,
      );
    }, VALUES_AFTER_MS);
  }
}

const GROUPS: Partial<Record<Option["kind"], string>> = {
  column: "Columns",
  function: "Functions",
};

function grouped(option: Option): Suggestion {
  return { ...option, group: GROUPS[option.kind] ?? "" };
}

function whole(label: string, detail: string, insert: string, group: string): Suggestion {
  return { kind: "whole", label, insert, detail, count: null, group };
}
