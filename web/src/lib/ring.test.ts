import { describe, expect, it } from "vitest";
import { RingSearch, type RingPage } from "./ring";
import type { PacketRow } from "./types";

const page = (ids: number[], more: Partial<RingPage> = {}): RingPage => ({
  packets: ids.map((id) => ({ id }) as PacketRow),
  next: null,
  looked_at: 10,
  newest: Math.max(...ids),
  since: "2026-01-01T00:00:00.000000000Z",
  ring: 1,
  ...more,
});
const ids = (found: { rows: PacketRow[] }) => found.rows.map(({ id }) => id);

describe("RingSearch", () => {
  it("puts what came later before what was found", () => {
    const search = new RingSearch(5);
    expect(search.after).toBeNull();
    expect(ids(search.take(page([9, 4], { newest: 10 })))).toEqual([9, 4]);
    expect(search.after).toBe(10);
    expect(ids(search.take(page([12], { newest: 14, looked_at: 4 })))).toEqual([12, 9, 4]);
    expect(search.after).toBe(14);
    expect(search.looked.packets).toBe(14);
  });

  it("keeps its place where nothing new came", () => {
    const search = new RingSearch(5);
    search.take(page([9], { newest: 10, next: "9" }));
    const empty = page([], { newest: 10, looked_at: 0, since: null });
    expect(search.take(empty)).toMatchObject({ rows: [{ id: 9 }], next: "9" });
    expect(search.after).toBe(10);
    expect(search.looked).toEqual({ packets: 10, since: "2026-01-01T00:00:00.000000000Z" });
  });

  it("goes on from the last one shown where there are more than a page", () => {
    const search = new RingSearch(3);
    search.take(page([3, 2, 1]));
    const { rows, next } = search.take(page([5, 4]));
    expect(rows.map(({ id }) => id)).toEqual([5, 4, 3]);
    expect(next).toBe("3");
  });

  it("forgets what it found when capture began anew", () => {
    const search = new RingSearch(3);
    search.take(page([9, 8]));
    expect(search.take(page([12], { ring: 2 }))).toEqual({ rows: [], next: null });
    expect(search.after).toBeNull();
    expect(ids(search.take(page([2], { ring: 2 })))).toEqual([2]);
  });

  it("begins anew where more came than was looked through", () => {
    const search = new RingSearch(3);
    search.take(page([3, 2, 1]));
    const { rows, next } = search.take(page([90, 80, 70], { next: "70", looked_at: 50 }));
    expect(rows.map(({ id }) => id)).toEqual([90, 80, 70]);
    expect(next).toBe("70");
    expect(search.looked.packets).toBe(50);
  });
});
