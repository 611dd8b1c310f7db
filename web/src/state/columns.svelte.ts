import {
  parseChoice,
  resized,
  standard,
  toggled,
  type ColumnChoice,
  type ColumnKind,
} from "../lib/columns";

/** Which columns a list shows and how wide, kept in this browser. */
export class Columns {
  choice = $state.raw<ColumnChoice>({ shown: [], widths: {} });
  private readonly key: string;

  constructor(
    list: string,
    readonly kinds: readonly ColumnKind[],
  ) {
    this.key = `nautscan.columns.${list}`;
    this.choice = parseChoice(this.stored(), kinds);
  }

  toggle(id: string): void {
    this.keep(toggled(this.choice, id));
  }

  resize(kind: ColumnKind, width: number): void {
    this.keep(resized(this.choice, kind, width));
  }

  reset(): void {
    this.keep(standard(this.kinds));
  }

  private keep(choice: ColumnChoice): void {
    this.choice = choice;
    try {
      localStorage.setItem(this.key, JSON.stringify(choice));
    } catch {
      // Storage may be forbidden; the choice then holds until the page is left.
    }
  }

  private stored(): string | null {
    try {
      return localStorage.getItem(this.key);
    } catch {
      return null;
    }
  }
}
