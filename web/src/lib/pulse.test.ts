import { describe, expect, it } from "vitest";
import { MAX_READINGS, polyline, rates, withReading, type Reading } from "./pulse";

describe("pulse", () => {
  it("tells packets a second, however far apart readings are", () =>
    expect(
      rates([
        { at: 0, received: 100 },
        { at: 1000, received: 150 },
        { at: 3000, received: 250 },
      ]),
    ).toEqual([50, 50]));
  it("begins anew when the counter does", () => {
    const before = [{ at: 0, received: 100 }];
    expect(withReading(before, { at: 1, received: 3 })).toEqual([{ at: 1, received: 3 }]);
  });
  it("is bounded, and takes no reading twice", () => {
    let readings: Reading[] = [];
    for (let at = 0; at < 200; at += 1) readings = withReading(readings, { at, received: at });
    expect(readings).toHaveLength(MAX_READINGS);
    expect(withReading(readings, { at: 199, received: 199 })).toEqual(readings);
  });
  it("draws the newest at the right edge, the most at the top", () =>
    expect(polyline([0, 10], 58, 20)).toBe("57.0,19.0 58.0,1.0"));
});
