/** Columns of a list: which are shown, how wide, and what that means for the room there is. */

export interface ColumnKind {
  id: string;
  label: string;
  /** What the chooser says about it. */
  title: string;
  /** Pixels; null: takes what room is left, by `share`. */
  width: number | null;
  share?: number;
  /** Least pixels, when resized too. */
  least: number;
  end?: boolean;
  /** Shown from the start. */
  standard: boolean;
  /** Gives way in a list that is narrower than this (px). */
  yieldsBelow?: number;
  /** Pixels in a list that is narrower than `COMPACT_PX`. */
  compact?: number;
  /** What a list is sorted by here; null: it cannot be. */
  sortedBy: string | null;
}

export interface ColumnChoice {
  shown: readonly string[];
  widths: Readonly<Record<string, number>>;
}

export const COMPACT_PX = 860;
const MOST_PX = 1200;
const GAP_PX = 12;
const PADDING_PX = 32;

export function standard(kinds: readonly ColumnKind[]): ColumnChoice {
  return { shown: kinds.filter((kind) => kind.standard).map(({ id }) => id), widths: {} };
}

/** The columns to draw in a list of some width, in the order of `kinds`. */
export function drawn(
  kinds: readonly ColumnKind[],
  choice: ColumnChoice,
  listWidth: number,
): ColumnKind[] {
  const isCompact = listWidth < COMPACT_PX;
  return kinds
    .filter(
      ({ id, yieldsBelow }) =>
        choice.shown.includes(id) && (yieldsBelow === undefined || listWidth >= yieldsBelow),
    )
    .map((kind) =>
      isCompact && kind.compact !== undefined ? { ...kind, width: kind.compact } : kind,
    );
}

/** Column widths as CSS grid wants them. */
export function template(columns: readonly ColumnKind[], { widths }: ColumnChoice): string {
  return columns
    .map(({ id, width, share, least }) => {
      const own = widths[id];
      if (own !== undefined) return `${own}px`;
      return width === null ? `minmax(${least}px, ${share ?? 1}fr)` : `${width}px`;
    })
    .join(" ");
}

/** The least width at which nothing overlaps; a narrower list scrolls sideways. */
export function leastWidth(columns: readonly ColumnKind[], { widths }: ColumnChoice): number {
  const sum = columns.reduce(
    (all, { id, width, least }) => all + (widths[id] ?? width ?? least),
    0,
  );
  return sum + GAP_PX * Math.max(0, columns.length - 1) + PADDING_PX;
}

export function resized(choice: ColumnChoice, kind: ColumnKind, width: number): ColumnChoice {
  const bounded = Math.round(Math.min(MOST_PX, Math.max(kind.least, width)));
  return { ...choice, widths: { ...choice.widths, [kind.id]: bounded } };
}

/** Shows or hides one; the last one stays, since a list without columns is none. */
export function toggled(choice: ColumnChoice, id: string): ColumnChoice {
  const shown = choice.shown.includes(id)
    ? choice.shown.filter((each) => each !== id)
    : [...choice.shown, id];
  return shown.length === 0 ? choice : { ...choice, shown };
}

/** What the browser kept, as far as it fits the columns that there are now. */
export function parseChoice(text: string | null, kinds: readonly ColumnKind[]): ColumnChoice {
  const fallback = standard(kinds);
  if (text === null) return fallback;
  try {
    const value = JSON.parse(text) as Partial<ColumnChoice> | null;
    const shown = kinds.map(({ id }) => id).filter((id) => value?.shown?.includes(id));
    let choice: ColumnChoice = { shown: shown.length > 0 ? shown : fallback.shown, widths: {} };
    for (const kind of kinds) {
      const width = value?.widths?.[kind.id];
      if (typeof width === "number" && Number.isFinite(width))
        choice = resized(choice, kind, width);
    }
    return choice;
  } catch {
    return fallback;
  }
}
