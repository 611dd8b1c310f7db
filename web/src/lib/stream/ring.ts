/** Anything that a list can show by position. Positions run from the oldest row to the newest. */
export interface View<Row> {
  readonly length: number;
  at(index: number): Row;
}

/** A bounded sequence: appending to a full one drops the oldest. Constant time, no copying. */
export class Ring<Row> implements View<Row> {
  readonly capacity: number;
  private slots: Row[] = [];
  private head = 0;

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError("a ring holds at least one row");
    this.capacity = capacity;
  }

  get length(): number {
    return this.slots.length;
  }

  at(index: number): Row {
    const row = this.slots[(this.head + index) % this.capacity];
    if (index < 0 || index >= this.slots.length || row === undefined) {
      throw new RangeError(`no row ${index} among ${this.slots.length}`);
    }
    return row;
  }

  /** Appends a row; answers the one that made room for it, if any. */
  push(row: Row): Row | undefined {
    if (this.slots.length < this.capacity) {
      this.slots.push(row);
      return undefined;
    }
    const dropped = this.slots[this.head];
    this.slots[this.head] = row;
    this.head = (this.head + 1) % this.capacity;
    return dropped;
  }

  replace(index: number, row: Row): void {
    this.at(index);
    this.slots[(this.head + index) % this.capacity] = row;
  }

  /** Puts a row before the one at `index`; the oldest makes room in a full ring. Copies the ring. */
  insert(index: number, row: Row): void {
    const rows = [...this.freeze().rows];
    rows.splice(index, 0, row);
    this.slots = rows.slice(Math.max(0, rows.length - this.capacity));
    this.head = 0;
  }

  /** Takes a row out. Copies the ring. */
  remove(index: number): void {
    this.slots = this.freeze().rows.filter((_, place) => place !== index);
    this.head = 0;
  }

  last(): Row | undefined {
    return this.length === 0 ? undefined : this.at(this.length - 1);
  }

  /** A copy that later pushes do not touch. */
  freeze(): View<Row> & { rows: readonly Row[] } {
    return frozen([...this.slots.slice(this.head), ...this.slots.slice(0, this.head)]);
  }

  clear(): void {
    this.slots = [];
    this.head = 0;
  }
}

/** A view of an array that nobody changes. */
export function frozen<Row>(rows: readonly Row[]): View<Row> & { rows: readonly Row[] } {
  return {
    rows,
    length: rows.length,
    at(index: number): Row {
      const row = rows[index];
      if (row === undefined) throw new RangeError(`no row ${index} among ${rows.length}`);
      return row;
    },
  };
}

/** Where the row with this id is, in a view whose ids rise; -1 if it is not there. */
export function indexOfId(view: View<{ id: number }>, id: number): number {
  const index = placeOfId(view, id);
  return index < view.length && view.at(index).id === id ? index : -1;
}

/** Where the row with this id is or would be, in a view whose ids rise. */
export function placeOfId(view: View<{ id: number }>, id: number): number {
  let low = 0;
  let high = view.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (view.at(middle).id < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
