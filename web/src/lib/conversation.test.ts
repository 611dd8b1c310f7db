import { describe, expect, it } from "vitest";
import {
  TEXT_WIDTH,
  find,
  hexOf,
  lacking,
  lineOf,
  linesOf,
  partsOf,
  plain,
  stretches,
  type Part,
} from "./conversation";
import { toBase64 } from "./bytes";
import type { FlowStream } from "./types";

const part = (side: "client" | "server", text: string, gap = 0): Part => ({
  side,
  time: "2026-01-01T00:00:00.000000000Z",
  packet: 1,
  offset: 0,
  gap,
  bytes: new TextEncoder().encode(text),
});
const request = part("client", "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
const answer = part("server", "HTTP/1.1 200 OK\r\n\r\ngrüß Gott");
const texts = (parts: Part[]) =>
  linesOf(parts, "text").map(({ part: of, from, to }) => plain(of.bytes.subarray(from, to)));

describe("linesOf", () => {
  it("cuts text at its line feeds and tells where the other side begins", () => {
    const lines = linesOf([request, answer], "text");
    expect(texts([request, answer])).toEqual([
      "GET / HTTP/1.1",
      "Host: a",
      "",
      "HTTP/1.1 200 OK",
      "",
      "grüß Gott",
    ]);
    expect(lines.map(({ turn }) => turn)).toEqual([true, false, false, true, false, false]);
  });

  it("cuts a long line before a character, never within it", () => {
    const long = part("client", "x".repeat(TEXT_WIDTH - 1) + "üy");
    expect(texts([long])).toEqual(["x".repeat(TEXT_WIDTH - 1), "üy"]);
    const binary = { ...long, bytes: new Uint8Array(TEXT_WIDTH * 2 + 1).fill(0x80) };
    const covered = linesOf([binary], "text").reduce((sum, { from, to }) => sum + to - from, 0);
    expect(covered).toBe(TEXT_WIDTH * 2 + 1);
  });

  it("shows of bytes that are no text only what is ASCII", () => {
    expect(plain(Uint8Array.of(0x41, 0xd8, 0xb3, 0x42))).toBe("AسB");
    expect(plain(Uint8Array.of(0x41, 0xd8, 0xb3, 0xff, 0x42, 0x07))).toBe("A···B·");
  });

  it("gives a gap a line of its own", () => {
    const gap = { ...part("server", ""), gap: 1448 };
    const lines = linesOf([request, gap, answer], "hex");
    expect(lines.filter(({ part: of }) => of.gap > 0)).toHaveLength(1);
    expect(hexOf(lines[0]!)).toEqual({
      hex: "47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a",
      ascii: "GET / HTTP/1.1··",
    });
  });
});

describe("find", () => {
  it("finds text in any case, and bytes", () => {
    expect(
      find([request, answer], "http/1.1").map(({ part: of, from }) => [of.side, from]),
    ).toEqual([
      ["client", 6],
      ["server", 0],
    ]);
    expect(find([request], "0x0d0a 0d0a")).toEqual([{ part: request, from: 23, to: 27 }]);
    expect(find([request, answer], "GRÜSS")).toEqual([]);
    expect(find([request], "")).toEqual([]);
  });

  it("marks what it found in its line", () => {
    const found = find([request, answer], "ok");
    const lines = linesOf([request, answer], "text");
    const at = lineOf(lines, found[0]!);
    expect(at).toBe(3);
    expect(stretches(lines[at]!, found, found[0]!)).toEqual([
      { text: "HTTP/1.1 200 ", found: false, chosen: false },
      { text: "OK", found: true, chosen: true },
      { text: "", found: false, chosen: false },
    ]);
  });
});

it("shows a part of a letter that was searched for as a dot", () => {
  const letters = part("client", "aüb");
  const found = find([letters], "0xc3");
  const [line] = linesOf([letters], "text");
  expect(stretches(line!, found, null).map(({ text }) => text)).toEqual(["a", "·", "·b"]);
});

it("partsOf reads the API's base64", () => {
  const stream = {
    parts: [
      {
        side: "client",
        time: "t",
        packet: 3,
        packets: 1,
        offset: 0,
        gap_bytes: 0,
        data: toBase64("hi"),
      },
    ],
  } as FlowStream;
  expect(plain(partsOf(stream)[0]!.bytes)).toBe("hi");
});

it("lacking says what is not there", () => {
  const side = { bytes: 10, gap_bytes: 0, start_seen: true } as FlowStream["client"];
  const words = { bytes: (count: number) => `${count} B` };
  expect(lacking(side, "tcp", words)).toBe("");
  expect(lacking({ ...side, start_seen: false, gap_bytes: 5 }, "tcp", words)).toBe(
    "its beginning is not in memory, 5 B missing",
  );
  expect(lacking({ ...side, start_seen: false }, "udp", words)).toBe("");
});
