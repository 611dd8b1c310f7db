/**
 * A followed flow as lines of one height: text or hexadecimal, in the order of the conversation.
 * The server has put the bytes in order; here they are only cut into lines and looked through.
 */

import { BYTES_PER_LINE, asciiByte, fromBase64, hexByte } from "./bytes";
import type { FlowStream } from "./types";

export type Side = "client" | "server";
export type Form = "text" | "hex";

/** Bytes of one side, or a gap in them; see `StreamPart` of the API. */
export interface Part {
  side: Side;
  time: string;
  packet: number;
  offset: number;
  gap: number;
  bytes: Uint8Array;
}

export interface Line {
  part: Part;
  /** Which of the part's bytes it shows. */
  from: number;
  to: number;
  /** It is the first one after the other side, or a gap. */
  turn: boolean;
}

/** Bytes of a line of text at most; a longer one goes on below. */
export const TEXT_WIDTH = 120;

export function partsOf(stream: FlowStream): Part[] {
  return stream.parts.map(({ side, time, packet, offset, gap_bytes, data }) => ({
    side,
    time,
    packet: Number(packet),
    offset,
    gap: gap_bytes,
    bytes: fromBase64(data),
  }));
}

export function linesOf(parts: readonly Part[], form: Form): Line[] {
  const lines: Line[] = [];
  let last: Side | null = null;
  for (const part of parts) {
    let turn = part.side !== last || part.gap > 0;
    for (const [from, to] of form === "hex" ? hexCuts(part.bytes) : textCuts(part.bytes)) {
      lines.push({ part, from, to, turn });
      turn = false;
    }
    if (part.gap > 0) lines.push({ part, from: 0, to: 0, turn: true });
    last = part.side;
  }
  return lines;
}

function* hexCuts({ length }: Uint8Array): Generator<[number, number]> {
  for (let from = 0; from < length; from += BYTES_PER_LINE)
    yield [from, Math.min(length, from + BYTES_PER_LINE)];
}

/** After each line feed, and where a line grows too long; never within a character of UTF-8. */
function* textCuts(bytes: Uint8Array): Generator<[number, number]> {
  let from = 0;
  while (from < bytes.length) {
    const feed = bytes.subarray(from, from + TEXT_WIDTH).indexOf(0x0a);
    let to = feed >= 0 ? from + feed + 1 : Math.min(bytes.length, from + TEXT_WIDTH);
    if (feed < 0 && to < bytes.length) {
      let back = 0;
      while (back < 3 && ((bytes[to - back] ?? 0) & 0xc0) === 0x80) back += 1;
      if (((bytes[to - back] ?? 0) & 0xc0) === 0xc0) to -= back;
    }
    yield [from, to];
    from = to;
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function isText(bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/**
 * Bytes as text of one line: what cannot be shown is a dot. Where they are no UTF-8 as a whole only
 * ASCII is text: letters that two bytes happen to make would say something that nobody sent.
 */
export function plain(bytes: Uint8Array, asText = isText(bytes)): string {
  const text = asText
    ? decoder.decode(bytes)
    : Array.from(bytes, (value) => (value < 0x80 ? String.fromCharCode(value) : "·")).join("");
  return text
    .replace(/[\r\n]+$/, "")
    .replace(/\t/g, "    ")
    .replace(/[\p{Cc}\ufffd\u2028\u2029]/gu, "·");
}

/** A stretch of a line, and whether it was searched for. */
export interface Stretch {
  text: string;
  found: boolean;
  chosen: boolean;
}

/** Where something was found: bytes of a part. */
export interface Found {
  part: Part;
  from: number;
  to: number;
}

/** The line as text, cut where something was found in it. */
export function stretches(line: Line, found: readonly Found[], chosen: Found | null): Stretch[] {
  const { part, from, to } = line;
  const asText = isText(part.bytes.subarray(from, to));
  const inside = found.filter((each) => each.part === part && each.from < to && each.to > from);
  const stretch = (begin: number, end: number, isFound: boolean, isChosen: boolean): Stretch => {
    const bytes = part.bytes.subarray(begin, end);
    // Bytes that were searched for may be a part of a letter.
    return { text: plain(bytes, asText && isText(bytes)), found: isFound, chosen: isChosen };
  };
  const cuts: Stretch[] = [];
  let at = from;
  for (const each of inside) {
    const [begin, end] = [Math.max(from, each.from), Math.min(to, each.to)];
    if (begin > at) cuts.push(stretch(at, begin, false, false));
    if (end > begin) cuts.push(stretch(begin, end, true, each === chosen));
    at = Math.max(at, end);
  }
  if (at < to) cuts.push(stretch(at, to, false, false));
  return cuts;
}

/** A line of hexadecimal: bytes, and the same as ASCII. */
export function hexOf({ part, from, to }: Line): { hex: string; ascii: string } {
  const bytes = [...part.bytes.subarray(from, to)];
  const hex = bytes.map(
    (value, index) => (index === BYTES_PER_LINE / 2 ? " " : "") + hexByte(value),
  );
  return { hex: hex.join(" "), ascii: bytes.map(asciiByte).join("") };
}

/** More are not counted. */
export const MAX_FOUND = 10_000;

/**
 * Where a text occurs, in upper or lower case; `0x` before it: where bytes occur. A place lies
 * within the bytes that one side sent in a row.
 */
export function find(parts: readonly Part[], wanted: string): Found[] {
  const needle = needleOf(wanted);
  if (needle.length === 0) return [];
  const folded = !isHex(wanted);
  const first = needle[0] ?? 0;
  const found: Found[] = [];
  for (const part of parts) {
    const { bytes } = part;
    for (let at = 0; at + needle.length <= bytes.length; at += 1) {
      if (fold(bytes[at] ?? 0, folded) !== first) continue;
      let length = 1;
      while (length < needle.length && fold(bytes[at + length] ?? 0, folded) === needle[length])
        length += 1;
      if (length < needle.length) continue;
      found.push({ part, from: at, to: at + length });
      if (found.length === MAX_FOUND) return found;
      at += length - 1;
    }
  }
  return found;
}

function isHex(wanted: string): boolean {
  return /^0x([\da-f]{2}\s*)+$/i.test(wanted.trim());
}

function needleOf(wanted: string): Uint8Array {
  if (isHex(wanted)) {
    const digits = wanted.trim().slice(2).replace(/\s/g, "");
    return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  }
  return new TextEncoder().encode(wanted).map((value) => fold(value, true));
}

/** Letters of ASCII in lower case. */
function fold(value: number, folded: boolean): number {
  return folded && value >= 0x41 && value <= 0x5a ? value + 0x20 : value;
}

/** The line in which a place begins. */
export function lineOf(lines: readonly Line[], found: Found): number {
  return lines.findIndex(
    ({ part, from, to }) => part === found.part && found.from >= from && found.from < to,
  );
}

/** What is missing in what one side sent, in words; "" where nothing is. */
export function lacking(
  { bytes, gap_bytes, start_seen }: FlowStream["client"],
  transport: FlowStream["transport"],
  words: { bytes: (count: number) => string },
): string {
  const parts: string[] = [];
  if (transport === "tcp" && bytes > 0 && !start_seen) parts.push("its beginning is not in memory");
  if (gap_bytes > 0) parts.push(`${words.bytes(gap_bytes)} missing`);
  return parts.join(", ");
}
