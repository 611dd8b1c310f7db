import { Ring } from "./ring";

interface Numbered {
  id: number;
}

/** What one flush did to the ring. */
export interface Flushed {
  added: number;
  evicted: number;
}

/**
 * Rows on their way from the server into a bounded ring: queued as they come, merged with history
 * while that loads, put in the ring in the order of their ids, each once.
 *
 * Invariant: ids in the ring rise strictly. A row that comes later than a higher id that is shown
 * already is left out, since inserting it would move what a person is reading.
 */
export class Feed<Row extends Numbered> {
  readonly ring: Ring<Row>;
  /** Rows that the server left out, by its own count. */
  skipped = 0;
  private queue: Row[] = [];
  private loading = false;

  constructor(capacity: number) {
    this.ring = new Ring<Row>(capacity);
  }

  /** History is being asked for: rows wait until it is here, so that order holds. */
  beginLoading(): void {
    this.loading = true;
  }

  get isLoading(): boolean {
    return this.loading;
  }

  push(rows: readonly Row[], skipped = 0): void {
    this.skipped += skipped;
    for (const row of rows) this.queue.push(row);
    this.trimQueue();
  }

  /** History has come, in any order; a failed load passes nothing. */
  loaded(rows: readonly Row[]): void {
    this.loading = false;
    this.queue = [...rows, ...this.queue];
    this.trimQueue();
  }

  /** Moves what waits into the ring. Called once a frame. */
  flush(): Flushed {
    const done: Flushed = { added: 0, evicted: 0 };
    if (this.loading || this.queue.length === 0) return done;
    const waiting = this.queue.sort((a, b) => a.id - b.id);
    this.queue = [];
    let newest = this.ring.last()?.id ?? -Infinity;
    for (const row of waiting) {
      if (row.id <= newest) continue;
      newest = row.id;
      done.added += 1;
      if (this.ring.push(row) !== undefined) done.evicted += 1;
    }
    return done;
  }

  clear(): void {
    this.ring.clear();
    this.queue = [];
    this.skipped = 0;
    this.loading = false;
  }

  /** More than the ring holds could only be dropped again: the oldest go at once. */
  private trimQueue(): void {
    const excess = this.queue.length - this.ring.capacity;
    if (excess > this.ring.capacity / 4) {
      this.queue.sort((a, b) => a.id - b.id);
      this.queue.splice(0, excess);
    }
  }
}
