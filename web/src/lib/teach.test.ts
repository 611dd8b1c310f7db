import { describe, expect, it } from "vitest";
import { remedyParts } from "./remedy";
import { lesson } from "./teach";
import type { Health } from "./types";

const open = { kind: "open" } as const;

function health(changes: object = {}): Health {
  return {
    status: "ok",
    reasons: [],
    sensor: { connected: true, since: null, reason: null, gaps: [] },
    capture: { running: true, error: null, interfaces: [{ name: "eth0" }] },
    stages: [],
    ...changes,
  } as unknown as Health;
}
const received = {
  sensor: "local",
  interface: "eth0",
  stage: "capture",
  name: "received",
  value: 1200,
  recent: 5,
};

describe("lesson", () => {
  it("tells waiting from a lost server", () => {
    expect(lesson({ kind: "connecting" }, null, "").title).toBe("Connecting");
    expect(lesson({ kind: "lost", since: 0, attempt: 1, reason: "" }, health(), "").title).toMatch(
      /does not answer/,
    );
  });
  it("gives the reason and remedy for missing rights", () => {
    const error = {
      code: "no_permission",
      message: "CAP_NET_RAW is missing.",
      remedy: "sudo nautscan",
      detail: {},
    };
    const found = lesson(open, health({ capture: { running: false, error, interfaces: [] } }), "");
    expect(found).toMatchObject({
      kind: "rights",
      text: "CAP_NET_RAW is missing.",
      remedy: "sudo nautscan",
    });
  });
  it("tells stopped from failed", () => {
    const stopped = { running: false, error: null, interfaces: [] };
    expect(lesson(open, health({ capture: stopped }), "").kind).toBe("stopped");
    const error = {
      code: "unknown_interface",
      message: "There is no eth9.",
      remedy: "",
      detail: {},
    };
    expect(lesson(open, health({ capture: { ...stopped, error } }), "").kind).toBe("failed");
  });
  it("says when the sensor is away", () => {
    const sensor = { connected: false, since: null, reason: "It was killed.", gaps: [] };
    expect(lesson(open, health({ sensor }), "").text).toContain("It was killed.");
  });
  it("tells a quiet wire from traffic without requests, and both from a filter", () => {
    expect(lesson(open, health(), "").text).toContain("eth0");
    expect(lesson(open, health({ stages: [received] }), "").text).toContain("1\u202f200 packets");
    expect(lesson(open, health({ stages: [received] }), "status = 1").kind).toBe("filtered");
  });
});

describe("remedyParts", () => {
  it("finds commands between backticks and on lines of their own", () => {
    expect(
      remedyParts("Run `sudo x y` or:\nsetcap cap_net_raw+ep /bin/x\nThen start again."),
    ).toEqual([
      { text: "Run ", command: false },
      { text: "sudo x y", command: true },
      { text: " or:", command: false },
      { text: "setcap cap_net_raw+ep /bin/x", command: true },
      { text: "Then start again.", command: false },
    ]);
  });
  it("leaves prose alone", () =>
    expect(remedyParts("Make it so.")).toEqual([{ text: "Make it so.", command: false }]));
});
