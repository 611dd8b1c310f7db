/** Sorting rows that are held still. A list that follows the newest is in the order of arrival. */

export interface Sort {
  /** A column of the row. */
  by: string;
  down: boolean;
}

/** What a click on a column's head means: its greatest first, its least first, as they came. */
export function nextSort(sort: Sort | null, by: string): Sort | null {
  if (sort?.by !== by) return { by, down: true };
  return sort.down ? { by, down: false } : null;
}

/** Sorted rows; what was not observed comes last either way, and equals stay as they came. */
export function sorted<Row extends object>(rows: readonly Row[], { by, down }: Sort): Row[] {
  const valueOf = (row: Row) => (row as Record<string, unknown>)[by] ?? null;
  const compare = (a: unknown, b: unknown): number => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    const [x, y] = [String(a), String(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  };
  return [...rows].sort((one, other) => {
    const [a, b] = [valueOf(one), valueOf(other)];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return down ? compare(b, a) : compare(a, b);
  });
}
