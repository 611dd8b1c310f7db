import { asApiError, isAbort, leastPause, type ApiError } from "../lib/api";
import { frozen, type View } from "../lib/stream/ring";

interface Page<Row> {
  rows: Row[];
  next: string | null;
}

/** Rows held at most; beyond it no older ones are loaded. */
const CAPACITY = 20_000;

/**
 * A list with the newest row on top that is asked for again and again. While somebody reads in it
 * (has scrolled or opened a row) it holds still, and what is new is only counted.
 */
export class NewestFirst<Row> {
  view = $state.raw<View<Row> & { rows: readonly Row[] }>(frozen<Row>([]));
  /** Rows that came since the list is held. */
  fresh = $state.raw(0);
  held = $state.raw(false);
  ready = $state.raw(false);
  error = $state.raw<ApiError | null>(null);

  private next: string | null = null;
  private loadingMore = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private abort: AbortController | null = null;
  private stopped = true;

  constructor(
    private readonly ask: (cursor: string | null, signal?: AbortSignal) => Promise<Page<Row>>,
    private readonly keyOf: (row: Row) => string,
    private readonly everyMs: number,
  ) {}

  /** Asks while it runs; answers how to stop. For `$effect`. */
  run(): () => void {
    this.stopped = false;
    void this.turn();
    return () => {
      this.stopped = true;
      clearTimeout(this.timer);
      this.abort?.abort();
    };
  }

  hold(held: boolean): void {
    if (held === this.held) return;
    this.held = held;
    if (!held) this.refresh();
  }

  refresh(): void {
    this.fresh = 0;
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.abort?.abort();
    void this.turn();
  }

  indexOf(key: string): number {
    return this.view.rows.findIndex((row) => this.keyOf(row) === key);
  }

  async more(): Promise<void> {
    if (this.next === null || this.loadingMore || this.view.length >= CAPACITY) return;
    this.loadingMore = true;
    this.held = true;
    try {
      const page = await this.ask(this.next);
      const known = new Set(this.view.rows.map(this.keyOf));
      this.next = page.next;
      this.view = frozen([
        ...this.view.rows,
        ...page.rows.filter((row) => !known.has(this.keyOf(row))),
      ]);
    } catch (cause) {
      this.error = asApiError(cause);
    } finally {
      this.loadingMore = false;
    }
  }

  private async turn(): Promise<void> {
    const abort = new AbortController();
    this.abort = abort;
    try {
      if (!document.hidden || !this.ready) this.take(await this.ask(null, abort.signal));
      this.error = null;
    } catch (cause) {
      if (isAbort(cause)) return;
      this.error = asApiError(cause);
    }
    this.ready = true;
    if (!this.stopped && this.abort === abort)
      this.timer = setTimeout(() => void this.turn(), Math.max(this.everyMs, leastPause()));
  }

  private take({ rows, next }: Page<Row>): void {
    // A list that begins held, since one of its rows is open, has nothing yet to hold still.
    if (!this.held || !this.ready) {
      this.view = frozen(rows);
      this.next = next;
      this.fresh = 0;
      return;
    }
    const first = this.view.rows[0];
    const at =
      first === undefined ? -1 : rows.findIndex((row) => this.keyOf(row) === this.keyOf(first));
    this.fresh = at < 0 ? rows.length : at;
  }
}
