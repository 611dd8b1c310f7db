import { describe, expect, it } from "vitest";
import type { UploadLimits, UploadedCapture } from "./types";
import { fileLevel, ofFile, readShare, refusal, wholeRange } from "./uploads";

const LIMITS: UploadLimits = {
  possible: true,
  max_bytes: 1000,
  max_captures: 2,
  max_total_bytes: 5000,
  total_bytes: 0,
};

const CAPTURE: UploadedCapture = {
  id: "0123456789ab",
  name: "a.pcap",
  bytes: 400,
  uploaded: "2026-01-31T12:00:00.000000000Z",
  state: "ready",
  bytes_read: 400,
  stored_bytes: 1,
  packets: 2,
  requests: 1,
  flows: 1,
  first_time: "2022-02-19T15:25:36.106094000Z",
  last_time: "2022-02-19T15:25:37.195859123Z",
  damaged: false,
  warnings: [],
  missing: [],
  error: null,
};

describe("the time of a file", () => {
  it("holds its last packet", () => {
    const range = wholeRange(CAPTURE);
    expect(range).toEqual({
      kind: "fixed",
      from: Date.parse("2022-02-19T15:25:36.106Z"),
      to: Date.parse("2022-02-19T15:25:37.196Z"),
    });
  });
  it("is at least a second, and none without packets", () => {
    const short = wholeRange({ ...CAPTURE, last_time: CAPTURE.first_time });
    expect(short?.kind === "fixed" && short.to - short.from).toBe(1000);
    expect(wholeRange({ ...CAPTURE, first_time: null, last_time: null })).toBeNull();
  });
});

describe("what need not be sent", () => {
  const file = { name: "a.pcap", size: 500 };
  it("is what the server would refuse", () => {
    expect(refusal(file, LIMITS, 0)).toBeNull();
    expect(refusal({ ...file, size: 1001 }, LIMITS, 0)?.code).toBe("too_large");
    expect(refusal({ ...file, size: 0 }, LIMITS, 0)?.code).toBe("bad_file");
    expect(refusal(file, LIMITS, 2)?.message).toContain("2 uploads");
    expect(refusal(file, { ...LIMITS, possible: false }, 0)?.remedy).toContain("NAUTSCAN_UPLOADS");
  });
});

describe("how a file is", () => {
  it("is told by the badge", () => {
    const badge = (changes: Partial<UploadedCapture>) => {
      const capture = { ...CAPTURE, ...changes };
      return [fileLevel(capture), ofFile(capture)];
    };
    expect(badge({})).toEqual(["ok", "File is whole"]);
    expect(badge({ damaged: true, warnings: ["x"] })).toEqual(["lost", "File is damaged"]);
    expect(badge({ warnings: ["x"] })).toEqual(["noted", "File has warnings"]);
    expect(badge({ state: "reading" })).toEqual(["off", "Reading the file"]);
    expect(badge({ state: "failed" })).toEqual(["off", "File not read"]);
  });
  it("is a share of its bytes while it is read", () => {
    expect(readShare({ ...CAPTURE, state: "reading", bytes_read: 100 })).toBe(0.25);
    expect(readShare({ ...CAPTURE, state: "waiting", bytes: 0, bytes_read: 0 })).toBe(0);
    expect(readShare(CAPTURE)).toBe(1);
  });
});
