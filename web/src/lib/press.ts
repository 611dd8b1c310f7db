/**
 * Which row a press means. In a live list other rows come under the pointer between press and
 * release, so the row is remembered when it is pressed and not looked up when it is let go.
 */

/** How far a pointer may stray and still mean what it pressed, in CSS pixels. */
export const STRAY_PX = 8;

/** What is needed of a pointer event. */
export interface Point {
  pointerId: number;
  button: number;
  clientX: number;
  clientY: number;
}

export class Press<Row> {
  private held: { row: Row; id: number; x: number; y: number } | null = null;
  private answered = false;

  /** A pointer went down on a row; on none for null. Only the main button chooses. */
  down(row: Row | null, { pointerId, button, clientX, clientY }: Point): void {
    this.answered = false;
    this.held =
      row === null || button !== 0 ? null : { row, id: pointerId, x: clientX, y: clientY };
  }

  /** It was let go; answers the row that was pressed, or null if it was dragged away. */
  up({ pointerId, clientX, clientY }: Point): Row | null {
    const { held } = this;
    this.held = null;
    if (held?.id !== pointerId) return null;
    // The browser's own click follows; it may name another row, or none.
    this.answered = true;
    return Math.hypot(clientX - held.x, clientY - held.y) <= STRAY_PX ? held.row : null;
  }

  /** The browser took the pointer, as it does for scrolling by touch. */
  cancel(): void {
    this.held = null;
  }

  /** Whether a click has been answered by `up`: all but those of assistive technology. */
  isAnswered(detail: number): boolean {
    return this.answered && detail > 0;
  }
}
