/**
 * What somebody who writes a display filter can write next. The server judges filters; this reads
 * only as much of the text as is needed to know what belongs where the caret is.
 */

import { hasTopLevelOr, literal, type FilterValue } from "./filter";

export interface KnownColumn {
  name: string;
  type: string;
  nullable: boolean;
  doc: string;
}

export interface Vocabulary {
  columns: readonly KnownColumn[];
  /** As `contains(text, part)`. */
  functions: readonly string[];
}

export type Wanted = "term" | "operator" | "value" | "connective" | "between-and" | "null";

/** The place in a filter where the caret is. */
export interface Slot {
  wanted: Wanted;
  /** What would be replaced. */
  from: number;
  to: number;
  /** What of it stands before the caret, without an opening quote. */
  typed: string;
  /** The column that an operator or value belongs to. */
  column: KnownColumn | null;
  /** Within `in (…)` or the arguments of a function. */
  nested: boolean;
  /** Where the condition that is being written begins. */
  termFrom: number;
  /** What already holds before it, joined by `and`; "" where nothing can be said. */
  before: string;
}

export interface Option {
  kind: "column" | "function" | "operator" | "value" | "connective";
  label: string;
  /** What stands in the text after it was taken. */
  insert: string;
  detail: string;
  /** Rows with this value, for values. */
  count: number | null;
}

interface Token {
  text: string;
  kind: "word" | "text" | "sign" | "open" | "close" | "comma" | "other";
  from: number;
  to: number;
}

const TOKEN =
  /'(?:[^']|'')*'?|"(?:[^"]|"")*"?|<>|!=|>=|<=|[=<>()+*,-]|[\p{L}_][\p{L}\p{N}_.]*|[^\s'"=<>()+*,]+/gu;
const SIGNS = new Set(["=", "<>", "!=", "<", ">", "<=", ">="]);
const WORD_OPERATORS = new Set(["like", "ilike", "in", "between", "is"]);
/** Functions that are conditions by themselves; what others give must be compared. */
const CONDITIONS = new Set([
  "contains",
  "starts_with",
  "ends_with",
  "regexp_matches",
  "list_contains",
]);

function tokens(text: string): Token[] {
  return [...text.matchAll(TOKEN)].map((match) => {
    const found = match[0];
    const from = match.index;
    return { text: found, kind: kindOf(found), from, to: from + found.length };
  });
}

function kindOf(text: string): Token["kind"] {
  if (text.startsWith("'")) return "text";
  if (SIGNS.has(text)) return "sign";
  if (text === "(") return "open";
  if (text === ")") return "close";
  if (text === ",") return "comma";
  return /^[\p{L}_"]/u.test(text) ? "word" : "other";
}

interface Bracket {
  of: "group" | "list" | "call";
  name: string;
  column: KnownColumn | null;
}

/** Reads tokens one by one and knows what may follow. */
class Walk {
  wanted: Wanted = "term";
  column: KnownColumn | null = null;
  operator = "";
  termFrom: number | null = null;
  brackets: Bracket[] = [];
  private call: string | null = null;
  private betweenAnd = false;

  constructor(private readonly vocabulary: Vocabulary) {}

  read(token: Token): void {
    if (token.kind === "open") this.open();
    else if (token.kind === "close") this.close();
    else if (token.kind === "comma") this.comma();
    else this.readInner(token, token.text.toLowerCase());
  }

  private readInner(token: Token, word: string): void {
    switch (this.wanted) {
      case "between-and":
        this.wanted = "value";
        return;
      case "connective":
        if (word !== "and" && word !== "or") this.term(token, word);
        else this.startTerm();
        return;
      case "term":
        if (word !== "not") this.term(token, word);
        return;
      case "operator":
        this.operatorOrTerm(token, word);
        return;
      case "value":
        this.value();
        return;
      case "null":
        if (word !== "not") this.wanted = "connective";
    }
  }

  private startTerm(): void {
    this.wanted = "term";
    this.column = null;
    this.operator = "";
    this.termFrom = null;
  }

  private term(token: Token, word: string): void {
    this.termFrom ??= token.from;
    const { columns, functions } = this.vocabulary;
    this.column = columns.find(({ name }) => name === word) ?? null;
    if (functions.some((text) => text.startsWith(`${word}(`))) {
      this.call = word;
      this.wanted = "operator";
    } else if (this.column) {
      const isWhole = this.column.type === "bool" || this.isArgument;
      this.wanted = isWhole ? "connective" : "operator";
      const bracket = this.brackets.at(-1);
      if (bracket?.of === "call") bracket.column = this.column;
    } else this.wanted = "connective";
  }

  private get isArgument(): boolean {
    return this.brackets.at(-1)?.of === "call";
  }

  private operatorOrTerm(token: Token, word: string): void {
    this.call = null;
    if (word === "not") return;
    if (token.kind === "sign" || WORD_OPERATORS.has(word)) {
      this.operator = word;
      this.betweenAnd = word === "between";
      this.wanted = word === "is" ? "null" : "value";
    } else if (/^[+*-]$/.test(word)) this.wanted = "value";
    else if (word === "and" || word === "or") this.startTerm();
    else {
      this.termFrom = null;
      this.term(token, word);
    }
  }

  private value(): void {
    if (this.brackets.at(-1)?.of === "list") return;
    this.wanted = this.betweenAnd ? "between-and" : "connective";
    this.betweenAnd = false;
  }

  private open(): void {
    if (this.call !== null) {
      this.brackets.push({ of: "call", name: this.call, column: null });
      this.call = null;
      this.wanted = "term";
    } else if (this.wanted === "value" && this.operator === "in") {
      this.brackets.push({ of: "list", name: "", column: this.column });
    } else {
      this.brackets.push({ of: "group", name: "", column: null });
      this.startTerm();
    }
  }

  private close(): void {
    const closed = this.brackets.pop();
    if (closed?.of === "call" && !CONDITIONS.has(closed.name)) {
      this.column = null;
      this.wanted = "operator";
    } else this.wanted = "connective";
  }

  private comma(): void {
    const bracket = this.brackets.at(-1);
    this.column = bracket?.column ?? null;
    this.wanted = "value";
  }
}

/** What belongs where the caret is. */
export function slotAt(text: string, caret: number, vocabulary: Vocabulary): Slot {
  const walk = new Walk(vocabulary);
  let current: Token | null = null;
  for (const token of tokens(text)) {
    if (token.from >= caret) break;
    if (token.to >= caret && isOpenEnded(token, caret)) {
      current = token;
      break;
    }
    walk.read(token);
  }
  const from = current?.from ?? caret;
  const typed = current ? text.slice(current.from, caret) : "";
  const isRetyped = walk.wanted === "connective" && !/^(a|an|and|o|or)?$/i.test(typed);
  const termFrom = walk.termFrom !== null && !isRetyped ? walk.termFrom : from;
  return {
    wanted: isRetyped ? "term" : walk.wanted,
    from,
    to: current?.to ?? caret,
    typed: typed.replace(/^['"]/, "").replaceAll("''", "'"),
    column: isRetyped ? null : walk.column,
    nested: walk.brackets.length > 0,
    termFrom,
    before: walk.brackets.length > 0 ? "" : held(text.slice(0, termFrom)),
  };
}

/** A sign or bracket is whole once it is there; a word or text may go on. */
function isOpenEnded(token: Token, caret: number): boolean {
  if (token.kind === "text") return token.to > caret || !isClosed(token.text);
  return token.kind === "word" || token.kind === "other";
}

function isClosed(text: string): boolean {
  return text.length > 1 && text.endsWith("'") && (text.match(/'/g)?.length ?? 0) % 2 === 0;
}

function held(before: string): string {
  const match = /^(.*?)\s*\band\s*$/is.exec(before);
  const left = match?.[1]?.trim() ?? "";
  return hasTopLevelOr(left) ? "" : left;
}

const OPERATORS: readonly { label: string; detail: string; types: string }[] = [
  { label: "=", detail: "is", types: "text u16 i32 i64 time json" },
  { label: "<>", detail: "is not", types: "text u16 i32 i64 time json" },
  { label: ">", detail: "more than", types: "u16 i32 i64 time" },
  { label: ">=", detail: "at least", types: "u16 i32 i64 time" },
  { label: "<", detail: "less than", types: "u16 i32 i64 time" },
  { label: "<=", detail: "at most", types: "u16 i32 i64 time" },
  { label: "like", detail: "% is any text, _ any character", types: "text json" },
  { label: "ilike", detail: "like, in upper or lower case", types: "text json" },
  { label: "in (", detail: "one of a list", types: "text u16 i32 i64" },
  { label: "between", detail: "from … and …", types: "u16 i32 i64 time" },
  { label: "is null", detail: "was not observed", types: "null" },
  { label: "is not null", detail: "was observed", types: "null" },
];

/** The words that fit, without values: those are the server's to know. */
export function wordsFor(slot: Slot, { columns, functions }: Vocabulary): Option[] {
  switch (slot.wanted) {
    case "term":
      return [
        ...ranked(columns, slot.typed, ({ name }) => name).map((column) => ({
          kind: "column" as const,
          label: column.name,
          insert: isConditionOfItsOwn(column) ? `${column.name} ` : openColumn(column),
          detail: column.doc,
          count: null,
        })),
        ...ranked(functions, slot.typed, (text) => text).map((text) => ({
          kind: "function" as const,
          label: text,
          insert: text.slice(0, text.indexOf("(") + 1),
          detail: "function",
          count: null,
        })),
      ];
    case "operator":
      return operators(slot);
    case "between-and":
      return [word("and", "up to")];
    case "null":
      return [word("null", "not observed"), word("not null", "observed")];
    case "connective":
      return ranked([word("and", "both hold"), word("or", "either holds")], slot.typed, (option) =>
        option.label.trim(),
      );
    case "value":
      return fixedValues(slot);
  }
}

function isConditionOfItsOwn({ type }: KnownColumn): boolean {
  return type === "bool";
}

/** Columns that only functions can read are written with their function at once. */
function openColumn({ name, type }: KnownColumn): string {
  if (type === "headers") return `${name.replace("_headers", "_header")}('`;
  if (type === "text_list") return `list_contains(${name}, `;
  return `${name} `;
}

function word(label: string, detail: string): Option {
  return { kind: "connective", label, insert: `${label} `, detail, count: null };
}

function operators({ column, typed }: Slot): Option[] {
  const type = column?.type ?? "text";
  const fitting = OPERATORS.filter(
    ({ types }) =>
      types.split(" ").includes(type) || (types === "null" && (column === null || column.nullable)),
  );
  return ranked(fitting, typed, ({ label }) => label).map(({ label, detail }) => ({
    kind: "operator",
    label,
    insert: label.endsWith("(") ? label : `${label} `,
    detail,
    count: null,
  }));
}

function fixedValues({ column, typed, nested }: Slot): Option[] {
  const texts = column?.type === "time" ? ["-5m", "-15m", "-1h", "-1d"] : [];
  return ranked(texts, typed, (text) => text).map((text) =>
    valueOption(text, "before now", null, nested),
  );
}

/** A value of the history as an option. */
export function valueOption(
  value: Exclude<FilterValue, null>,
  detail: string,
  count: number | null,
  nested: boolean,
): Option {
  const insert = nested ? literal(value) : `${literal(value)} `;
  return { kind: "value", label: String(value), insert, detail, count };
}

/** Those that contain what was typed; those that begin with it first. */
function ranked<Item>(
  items: readonly Item[],
  typed: string,
  nameOf: (item: Item) => string,
): Item[] {
  const part = typed.toLowerCase();
  const at = (item: Item) => nameOf(item).toLowerCase().indexOf(part);
  const found = items.filter((item) => at(item) >= 0);
  return [...found.filter((item) => at(item) === 0), ...found.filter((item) => at(item) > 0)];
}

/** The text with an option in the slot, and where the caret then is. */
export function taken(
  text: string,
  slot: Slot,
  option: Pick<Option, "insert">,
): { text: string; caret: number } {
  const rest = text.slice(slot.to);
  const insert = /^\s/.test(rest) ? option.insert.trimEnd() : option.insert;
  const before = text.slice(0, slot.from);
  const glue = before !== "" && !/[\s('-]$/.test(before) ? " " : "";
  const caret = before.length + glue.length + insert.length + (insert === option.insert ? 0 : 1);
  return { text: before + glue + insert + rest, caret };
}

/** Whether a text reads like a capture filter: BPF's words where a display filter has columns. */
export function looksLikeCaptureFilter(text: string): boolean {
  const begins = /^\s*(not\s+)?(tcp|udp|icmp6?|ip6?|arp|ether|host|net|src|dst|port|vlan)\b/i;
  const names = /\b(port|portrange|host|net|proto|vlan)\s+[\w.:/-]+/i;
  return begins.test(text) && names.test(text) && !/[=<>']/.test(text);
}

/** Whether a text that BPF refuses reads like a display filter. */
export function looksLikeDisplayFilter(text: string): boolean {
  return /'|\b(status|method|target|server|client|duration_ns|protocol)\b|\b(like|is null)\b/i.test(
    text,
  );
}
