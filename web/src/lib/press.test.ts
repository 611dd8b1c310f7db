import { describe, expect, it } from "vitest";
import { Press, STRAY_PX, type Point } from "./press";

const at = (x: number, y: number, more: Partial<Point> = {}): Point => ({
  pointerId: 1,
  button: 0,
  clientX: x,
  clientY: y,
  ...more,
});

describe("Press", () => {
  it("means the row that was pressed, whatever lies there at release", () => {
    const press = new Press<string>();
    press.down("pressed", at(50, 50));
    expect(press.up(at(50, 50))).toBe("pressed");
    expect(press.isAnswered(1)).toBe(true);
  });
  it("lets a hand tremble, and takes dragging for no choice", () => {
    const press = new Press<string>();
    press.down("a", at(50, 50));
    expect(press.up(at(50 + STRAY_PX, 50))).toBe("a");
    press.down("a", at(50, 50));
    expect(press.up(at(50, 51 + STRAY_PX))).toBeNull();
  });
  it("chooses nothing when the browser took the pointer for scrolling", () => {
    const press = new Press<string>();
    press.down("a", at(50, 50));
    press.cancel();
    expect(press.up(at(50, 50))).toBeNull();
  });
  it("leaves other buttons and other pointers alone", () => {
    const press = new Press<string>();
    press.down("a", at(50, 50, { button: 2 }));
    expect(press.up(at(50, 50))).toBeNull();
    press.down("a", at(50, 50));
    expect(press.up(at(50, 50, { pointerId: 2 }))).toBeNull();
  });
  it("leaves clicks without a pointer to be answered", () => {
    const press = new Press<string>();
    expect(press.isAnswered(0)).toBe(false);
    press.down("a", at(50, 50));
    press.up(at(50, 50));
    expect(press.isAnswered(0)).toBe(false);
    press.down(null, at(5, 5));
    press.up(at(5, 5));
    expect(press.isAnswered(1)).toBe(false);
  });
});
