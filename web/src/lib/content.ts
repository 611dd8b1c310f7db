/** What a body is, by its stated type and its first bytes, and how it is shown for reading. */

export type ContentKind = "json" | "markup" | "form" | "multipart" | "image" | "text" | "bytes";

/** Image types that browsers show; by data: address they run no script. */
const IMAGES = /^image\/(png|jpeg|gif|webp|avif|bmp|x-icon|vnd\.microsoft\.icon|svg\+xml)$/;

export function mediaType(contentType: string | null): string {
  return (contentType ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}

export function kindOfContent(contentType: string | null, text: string | null): ContentKind {
  const type = mediaType(contentType);
  if (IMAGES.test(type)) return "image";
  if (text === null) return type.startsWith("multipart/") ? "multipart" : "bytes";
  if (/[/+]json$/.test(type) || /^\s*[[{]/.test(text)) return "json";
  if (/[/+]xml$/.test(type) || type === "text/html" || /^\s*<[!?a-z]/i.test(text)) return "markup";
  if (type === "application/x-www-form-urlencoded") return "form";
  return type.startsWith("multipart/") ? "multipart" : "text";
}

export interface Pair {
  name: string;
  value: string;
}

/** Fields of a form in the order in which they were sent. */
export function formFields(text: string): Pair[] {
  return [...new URLSearchParams(text.trim())].map(([name, value]) => ({ name, value }));
}

export interface Part {
  headers: Pair[];
  body: string;
}

/** The most parts of a message that are shown one by one. */
export const MAX_PARTS = 100;

/** Parts of a multipart body (RFC 2046, 5.1); null without a boundary in the type. */
export function multipartParts(text: string, contentType: string | null): Part[] | null {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType ?? "");
  const mark = boundary?.[1] ?? boundary?.[2];
  if (!mark) return null;
  const pieces = `\r\n${text}`.split(new RegExp(`\\r?\\n--${escaped(mark)}`)).slice(1);
  return pieces
    .filter((piece) => !piece.startsWith("--"))
    .slice(0, MAX_PARTS)
    .map((piece) => part(piece.replace(/^[ \t]*\r?\n/, "")));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}

function part(piece: string): Part {
  const bare = /^\r?\n/.exec(piece);
  if (bare) return { headers: [], body: piece.slice(bare[0].length) };
  const [head = "", ...rest] = piece.split(/\r?\n\r?\n/);
  const headers = head
    .split(/\r?\n/)
    .map((line) => /^([^:]+):\s*(.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, name = "", value = ""]) => ({ name, value }));
  return { headers, body: rest.join("\r\n\r\n") };
}

const VOID = /^(area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr)$/i;
/** What stands within these is no markup. */
const RAW = /<(script|style|pre|textarea)\b[\s\S]*?<\/\1\s*>/gi;

/** XML or HTML with an element a line, indented; nothing is added but white space. */
export function prettyMarkup(text: string): string {
  const kept: string[] = [];
  const lines = text
    .replace(RAW, (raw) => {
      kept.push(raw);
      return `\u0000${kept.length - 1}\u0000`;
    })
    .replace(/>\s*</g, ">\n<")
    .split("\n");
  let depth = 0;
  const indented = lines.map((line) => {
    const trimmed = line.trim();
    if (/^<\//.test(trimmed)) depth = Math.max(0, depth - 1);
    const shown = trimmed === "" ? "" : "  ".repeat(depth) + trimmed;
    if (opens(trimmed)) depth += 1;
    return shown;
  });
  return indented.join("\n").replace(/\u0000(\d+)\u0000/g, (_, index) => kept[Number(index)] ?? "");
}

function opens(line: string): boolean {
  const match = /^<([a-z][\w:.-]*)(?:\s[^>]*)?>/i.exec(line);
  const name = match?.[1];
  if (!name || VOID.test(name) || /\/>$/.test(match[0])) return false;
  return !new RegExp(`</${escaped(name)}\\s*>$`, "i").test(line);
}
