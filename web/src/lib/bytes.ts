/** Bytes and how they are looked at. */

import type { Body } from "./types";

export const BYTES_PER_LINE = 16;

export interface HexLine {
  offset: number;
  bytes: readonly number[];
}

export function fromHex(hex: string): Uint8Array {
  const bytes = new Uint8Array(Math.floor(hex.length / 2));
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes;
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** Base64 of a text's UTF-8. */
export function toBase64(text: string): string {
  let binary = "";
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export function bodyBytes(body: Body): Uint8Array {
  if (body.base64 !== null) return fromBase64(body.base64);
  return new TextEncoder().encode(body.text ?? "");
}

export function hexLines(bytes: Uint8Array): HexLine[] {
  const lines: HexLine[] = [];
  for (let offset = 0; offset < bytes.length; offset += BYTES_PER_LINE) {
    lines.push({ offset, bytes: [...bytes.subarray(offset, offset + BYTES_PER_LINE)] });
  }
  return lines;
}

export function hexByte(value: number): string {
  return value.toString(16).padStart(2, "0");
}

/** Printable ASCII as itself, all else as a dot. */
export function asciiByte(value: number): string {
  return value >= 0x20 && value < 0x7f ? String.fromCharCode(value) : "·";
}
