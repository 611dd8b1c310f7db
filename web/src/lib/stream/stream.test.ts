import { describe, expect, it } from "vitest";
import type { Told } from "../growing";
import { Feed } from "./feed";
import { FOLLOWING, arrived, resumed, scrolled, stopped } from "./follow";
import { Ring, frozen, indexOfId, type View } from "./ring";

const rows = (...ids: number[]) => ids.map((id) => ({ id }));
const growing = (id: number, second: number): Told => ({
  id,
  exchange_id: 1,
  updated: `2026-01-31T12:00:0${second}.000000000Z`,
  completeness: "open",
});
const ids = (view: View<{ id: number }>) =>
  Array.from({ length: view.length }, (_, index) => view.at(index).id);

describe("Ring", () => {
  it("keeps the newest and answers what it dropped", () => {
    const ring = new Ring<{ id: number }>(3);
    expect(rows(1, 2, 3).map((row) => ring.push(row))).toEqual([undefined, undefined, undefined]);
    expect(ring.push({ id: 4 })).toEqual({ id: 1 });
    expect(ids(ring)).toEqual([2, 3, 4]);
    expect(ring.last()).toEqual({ id: 4 });
  });
  it("stays right over many turns", () => {
    const ring = new Ring<{ id: number }>(7);
    for (let id = 0; id < 1000; id += 1) ring.push({ id });
    expect(ids(ring)).toEqual([993, 994, 995, 996, 997, 998, 999]);
  });
  it("freezes a copy", () => {
    const ring = new Ring<{ id: number }>(2);
    rows(1, 2, 3).forEach((row) => ring.push(row));
    const copy = ring.freeze();
    ring.push({ id: 4 });
    expect(ids(copy)).toEqual([2, 3]);
    expect(ids(ring)).toEqual([3, 4]);
  });
  it("refuses positions that it lacks", () => {
    const ring = new Ring<{ id: number }>(2);
    expect(() => ring.at(0)).toThrow(RangeError);
    ring.push({ id: 1 });
    expect(() => ring.at(-1)).toThrow(RangeError);
    expect(() => frozen(rows(1)).at(1)).toThrow(RangeError);
    expect(() => new Ring(0)).toThrow(RangeError);
  });
  it("finds rows by id", () => {
    const view = frozen(rows(2, 3, 5, 8, 13));
    expect([2, 8, 13].map((id) => indexOfId(view, id))).toEqual([0, 3, 4]);
    expect([1, 4, 14].map((id) => indexOfId(view, id))).toEqual([-1, -1, -1]);
    expect(indexOfId(frozen([]), 1)).toBe(-1);
  });
});

describe("Feed", () => {
  it("shows rows in the order of their ids, each once", () => {
    const feed = new Feed<{ id: number }>(10);
    feed.push(rows(2, 1, 2));
    expect(feed.flush()).toEqual({ added: 2, evicted: 0, changed: [] });
    feed.push(rows(2, 3));
    expect(feed.flush()).toEqual({ added: 1, evicted: 0, changed: [] });
    expect(ids(feed.ring)).toEqual([1, 2, 3]);
  });
  it("lets live rows wait for history and merges them without doubles", () => {
    const feed = new Feed<{ id: number }>(10);
    feed.beginLoading();
    feed.push(rows(4, 5));
    expect(feed.flush()).toEqual({ added: 0, evicted: 0, changed: [] });
    feed.loaded(rows(4, 3, 2, 1));
    expect(feed.flush()).toEqual({ added: 5, evicted: 0, changed: [] });
    expect(ids(feed.ring)).toEqual([1, 2, 3, 4, 5]);
  });
  it("fills the gap of a lost connection behind what it has", () => {
    const feed = new Feed<{ id: number }>(10);
    feed.push(rows(1, 2));
    feed.flush();
    feed.beginLoading();
    feed.push(rows(6));
    feed.loaded(rows(5, 4, 3, 2));
    feed.flush();
    expect(ids(feed.ring)).toEqual([1, 2, 3, 4, 5, 6]);
  });
  it("goes on with live rows when history cannot be had", () => {
    const feed = new Feed<{ id: number }>(10);
    feed.beginLoading();
    feed.push(rows(7));
    feed.loaded([]);
    feed.flush();
    expect(ids(feed.ring)).toEqual([7]);
  });
  it("never inserts before what is shown", () => {
    const feed = new Feed<{ id: number }>(10);
    feed.push(rows(5));
    feed.flush();
    feed.push(rows(4));
    expect(feed.flush()).toEqual({ added: 0, evicted: 0, changed: [] });
  });
  it("changes the row of a request that is told again where it stands", () => {
    const feed = new Feed<Told>(10);
    feed.push([{ id: 1 }, growing(2, 1), { id: 3 }]);
    feed.flush();
    feed.push([growing(2, 3), growing(2, 2), { id: 4 }, { id: 1 }]);
    expect(feed.flush()).toEqual({ added: 1, evicted: 0, changed: [growing(2, 3)] });
    expect(ids(feed.ring)).toEqual([1, 2, 3, 4]);
    expect(feed.ring.at(1)).toEqual(growing(2, 3));
    // What was told earlier and comes later, as history does, changes nothing.
    feed.push([growing(2, 2)]);
    expect(feed.flush()).toEqual({ added: 0, evicted: 0, changed: [] });
  });
  it("takes the last of what waits of one request", () => {
    const feed = new Feed<Told>(10);
    feed.beginLoading();
    feed.push([growing(2, 2), growing(2, 3)]);
    feed.loaded([growing(2, 1), { id: 1 }]);
    feed.flush();
    expect(ids(feed.ring)).toEqual([1, 2]);
    expect(feed.ring.at(1)).toEqual(growing(2, 3));
  });
  it("gives one that the filter lets through only now its place, if that is in the list", () => {
    const feed = new Feed<Told>(4);
    feed.push([{ id: 5 }, { id: 8 }]);
    feed.flush();
    feed.push([growing(6, 1), growing(3, 1)]);
    expect(feed.flush()).toEqual({ added: 1, evicted: 0, changed: [] });
    expect(ids(feed.ring)).toEqual([5, 6, 8]);
    const whole = new Feed<Told>(4);
    whole.beginLoading();
    whole.loaded([{ id: 5 }], true);
    whole.flush();
    whole.push([growing(3, 1)]);
    whole.flush();
    expect(ids(whole.ring)).toEqual([3, 5]);
  });
  it("keeps to its cap where one gets a place between others", () => {
    const feed = new Feed<Told>(3);
    feed.push([{ id: 1 }, { id: 5 }, { id: 6 }, { id: 8 }]);
    feed.flush();
    feed.push([growing(7, 1)]);
    expect(feed.flush()).toEqual({ added: 1, evicted: 1, changed: [] });
    expect(ids(feed.ring)).toEqual([6, 7, 8]);
  });
  it("knows what goes on, and lets go of what does not belong any more", () => {
    const feed = new Feed<Told>(3);
    feed.push([growing(1, 1), growing(2, 1), { id: 3 }, growing(4, 5)]);
    feed.flush();
    expect(feed.open(9).map(({ id }) => id)).toEqual([4, 2]);
    expect(feed.remove(growing(2, 2))).toBe(true);
    // What is shown was told later than that it had left.
    expect(feed.remove(growing(4, 4))).toBe(false);
    expect(feed.remove(growing(9, 9))).toBe(false);
    expect(ids(feed.ring)).toEqual([3, 4]);
    feed.push([{ id: 6 }, { id: 7 }]);
    feed.flush();
    expect(ids(feed.ring)).toEqual([4, 6, 7]);
  });
  it("is bounded in the ring and in the queue", () => {
    const feed = new Feed<{ id: number }>(4);
    for (let id = 1; id <= 100; id += 1) feed.push(rows(id));
    const { added } = feed.flush();
    expect(added).toBeLessThanOrEqual(5);
    expect(ids(feed.ring)).toEqual([97, 98, 99, 100]);
  });
  it("adds up what the server skipped, until cleared", () => {
    const feed = new Feed<{ id: number }>(4);
    feed.push(rows(1), 10);
    feed.push([], 5);
    expect(feed.skipped).toBe(15);
    feed.clear();
    expect([feed.skipped, feed.ring.length]).toEqual([0, 0]);
  });
});

describe("Follow", () => {
  it("stops when a person scrolls up", () =>
    expect(scrolled(FOLLOWING, { top: 700, end: 1000, placed: 1000 }).following).toBe(false));
  it("goes on when rows grew the list below", () =>
    expect(scrolled(FOLLOWING, { top: 1000, end: 1600, placed: 1000 })).toBe(FOLLOWING));
  it("takes rounding for rounding", () =>
    expect(scrolled(FOLLOWING, { top: 998.5, end: 1600, placed: 1000 })).toBe(FOLLOWING));
  it("goes on when the list became shorter", () =>
    expect(scrolled(FOLLOWING, { top: 0, end: 0, placed: 1000 })).toBe(FOLLOWING));
  it("counts what comes while stopped, and only then", () => {
    expect(arrived(FOLLOWING, 5)).toBe(FOLLOWING);
    const state = arrived(arrived(stopped(FOLLOWING), 5), 2);
    expect(state).toEqual({ following: false, fresh: 7 });
    expect(stopped(state)).toBe(state);
    expect(resumed()).toEqual({ following: true, fresh: 0 });
  });
});
