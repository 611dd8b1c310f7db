/** JSON re-indented as text: digits, escapes and order stay as they were sent, even cut short. */

export type JsonKind = "key" | "string" | "number" | "word" | "mark" | "space";
export interface JsonToken {
  kind: JsonKind;
  text: string;
}

const TOKEN = /"(?:[^"\\]|\\.)*"?|-?\d[\d.eE+-]*|[A-Za-z_]+|[{}[\],:]|\S/gsu;
const INDENT = "  ";

/** Whether the text means to be JSON: an object or array is all that is worth indenting. */
export function looksLikeJson(text: string): boolean {
  return /^\s*[[{]/.test(text);
}

export function prettyJson(text: string): JsonToken[] {
  const words = text.match(TOKEN) ?? [];
  const tokens: JsonToken[] = [];
  let depth = 0;
  words.forEach((word, index) => {
    const next = words[index + 1];
    if (word === "}" || word === "]") {
      depth = Math.max(0, depth - 1);
      if (!isOpening(words[index - 1])) tokens.push(lineBreak(depth));
    }
    tokens.push({ kind: kindOf(word, next), text: word });
    if (isOpening(word)) {
      depth += 1;
      if (next !== "}" && next !== "]") tokens.push(lineBreak(depth));
    } else if (word === ",") tokens.push(lineBreak(depth));
    else if (word === ":") tokens.push({ kind: "space", text: " " });
    else if (depth === 0 && next !== undefined && next !== "," && next !== ":")
      tokens.push(lineBreak(0));
  });
  return tokens;
}

function isOpening(word: string | undefined): boolean {
  return word === "{" || word === "[";
}

function lineBreak(depth: number): JsonToken {
  return { kind: "space", text: `\n${INDENT.repeat(depth)}` };
}

function kindOf(word: string, next: string | undefined): JsonKind {
  if (word.startsWith('"')) return next === ":" ? "key" : "string";
  if (/^-?\d/.test(word)) return "number";
  if (/^[A-Za-z_]/.test(word)) return "word";
  return "mark";
}
