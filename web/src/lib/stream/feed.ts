import { isLater, type Told } from "../growing";
import { Ring, indexOfId, placeOfId } from "./ring";

/** What one flush did to the ring. */
export interface Flushed<Row> {
  added: number;
  evicted: number;
  /** Rows that took the place of what was told of them before. */
  changed: Row[];
}

/**
 * Rows on their way from the server into a bounded ring: queued as they come, merged with history
 * while that loads, put in the ring in the order of their ids, each once.
 *
 * Invariant: ids in the ring rise strictly. A row that comes later than a higher id that is shown
 * already is left out, since inserting it would move what a person is reading. Only a request that is
 * told again while it lasts, under its id, changes its row where it stands, or gets a place where
 * the filter lets it through now.
 */
export class Feed<Row extends Told> {
  readonly ring: Ring<Row>;
  /** Nothing that belongs in the list lies before the ring's first row. */
  private isWhole = false;
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

  /** History has come, in any order, up to the first row if `isWhole`; a failed load passes nothing. */
  loaded(rows: readonly Row[], isWhole = false): void {
    this.loading = false;
    if (this.ring.length === 0) this.isWhole = isWhole;
    this.queue = [...rows, ...this.queue];
    this.trimQueue();
  }

  /** Moves what waits into the ring. Called once a frame. */
  flush(): Flushed<Row> {
    const done: Flushed<Row> = { added: 0, evicted: 0, changed: [] };
    if (this.loading || this.queue.length === 0) return done;
    const waiting = this.queue.sort((a, b) => a.id - b.id);
    this.queue = [];
    let newest = this.ring.last()?.id ?? -Infinity;
    for (const row of waiting) {
      if (row.id <= newest) {
        if (row.exchange_id != null) this.retell(row, done);
        continue;
      }
      newest = row.id;
      done.added += 1;
      if (this.ring.push(row) !== undefined) done.evicted += 1;
    }
    if (done.evicted > 0) this.isWhole = false;
    return done;
  }

  /** Rows of requests that were going on when they were last told, the newest first. */
  open(limit: number): Row[] {
    const found: Row[] = [];
    for (let index = this.ring.length - 1; index >= 0 && found.length < limit; index -= 1) {
      const row = this.ring.at(index);
      if (row.completeness === "open") found.push(row);
    }
    return found;
  }

  /** Takes a row out that does not belong in the list any more, as `row` tells; whether it did. */
  remove(row: Row): boolean {
    const index = indexOfId(this.ring, row.id);
    if (index < 0 || isLater(this.ring.at(index), row)) return false;
    this.ring.remove(index);
    return true;
  }

  private retell(row: Row, done: Flushed<Row>): void {
    const index = placeOfId(this.ring, row.id);
    const shown = index < this.ring.length ? this.ring.at(index) : undefined;
    if (shown?.id === row.id) {
      if (!isLater(row, shown)) return;
      this.ring.replace(index, row);
      done.changed.push(row);
    } else if (index > 0 || this.isWhole) {
      if (this.ring.length === this.ring.capacity) done.evicted += 1;
      this.ring.insert(index, row);
      done.added += 1;
    }
  }

  clear(): void {
    this.ring.clear();
    this.queue = [];
    this.skipped = 0;
    this.loading = false;
    this.isWhole = false;
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
