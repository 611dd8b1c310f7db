import { describe, expect, it } from "vitest";
import {
  ABSENT,
  ago,
  bytes,
  clock,
  count,
  duration,
  endpoint,
  exactTime,
  fraction,
  latencyShare,
  methodClass,
  percent,
  rate,
  statusClass,
} from "./format";

describe("duration", () => {
  it.each([
    [null, ABSENT],
    [0, "0 ns"],
    [999, "999 ns"],
    [1_500, "1.5 µs"],
    [12_345_678, "12.3 ms"],
    [999_600, "1 ms"],
    [999_999_999, "1 s"],
    [1_234_000_000, "1.23 s"],
    [59_990_000_000, "1 min 00 s"],
    [75_000_000_000, "1 min 15 s"],
    [7_260_000_000_000, "2 h 01 min"],
    [200_000_000_000_000, "2 d 7 h"],
    [-1_500, "-1.5 µs"],
  ])("%s ns reads %s", (ns, text) => expect(duration(ns)).toBe(text));
});

describe("bytes", () => {
  it.each([
    [null, ABSENT],
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1 kB"],
    [1_536, "1.54 kB"],
    [999_600, "1 MB"],
    [34_567_890, "34.6 MB"],
    [5e12, "5 TB"],
  ])("%s reads %s", (value, text) => expect(bytes(value)).toBe(text));
});

describe("numbers", () => {
  it("groups thousands by a thin space", () =>
    expect(count(1_234_567)).toBe("1\u202f234\u202f567"));
  it.each([
    [null, ABSENT],
    [0, "0"],
    [0.001, "<0.01"],
    [0.5, "0.5"],
    [12.34, "12.3"],
    [100, "100"],
    [1234.5, "1\u202f235"],
  ])("rate %s reads %s", (value, text) => expect(rate(value)).toBe(text));
  it.each([
    [null, ABSENT],
    [0, "0 %"],
    [0.0001, "<0.1 %"],
    [0.125, "12.5 %"],
    [0.9999, "99.9 %"],
    [1, "100 %"],
  ])("share %s reads %s", (value, text) => expect(percent(value)).toBe(text));
});

describe("times", () => {
  it("keeps the packet's digits", () => {
    expect(fraction("2026-01-02T03:04:05.123456789Z")).toBe("123");
    expect(fraction("2026-01-02T03:04:05.123456789Z", 9)).toBe("123456789");
    expect(fraction("2026-01-02T03:04:05Z")).toBe("000");
    expect(exactTime("2026-01-02T03:04:05.123456789Z")).toBe("2026-01-02 03:04:05.123456789 UTC");
  });
  it("shows a clock with milliseconds", () =>
    expect(clock("2026-01-02T03:04:05.999999999Z")).toMatch(/^\d\d:\d\d:05\.999$/));
  it("shows nothing for what is no time", () => expect(clock("never")).toBe(ABSENT));
  it("tells ages", () => {
    const now = Date.parse("2026-01-02T03:04:05Z");
    expect(ago("2026-01-02T03:04:05Z", now)).toBe("now");
    expect(ago("2026-01-02T03:03:20Z", now)).toBe("45 s ago");
    expect(ago("2026-01-02T01:03:20Z", now)).toBe("2 h ago");
    expect(ago(null, now)).toBe(ABSENT);
  });
});

describe("names and classes", () => {
  it("brackets IPv6 before a port", () => {
    expect(endpoint("10.0.0.1", 80)).toBe("10.0.0.1:80");
    expect(endpoint("fe80::1", 80)).toBe("[fe80::1]:80");
    expect(endpoint("10.0.0.1", null)).toBe("10.0.0.1");
    expect(endpoint(null, 80)).toBe(ABSENT);
  });
  it("colours by meaning only", () => {
    expect(statusClass(204)).toBe("s-2xx");
    expect(statusClass(null)).toBe("s-none");
    expect(statusClass(999)).toBe("s-none");
    expect(methodClass("PATCH")).toBe("m-put");
    expect(methodClass("PROPFIND")).toBe("m-other");
    expect(methodClass(null)).toBe("s-none");
  });
  it("draws latency on a bounded logarithmic scale", () => {
    expect(latencyShare(null)).toBe(0);
    expect(latencyShare(10)).toBe(0.03);
    expect(latencyShare(1e8)).toBeCloseTo(0.6);
    expect(latencyShare(1e12)).toBe(1);
  });
});
