import { describe, expect, it } from "vitest";
import {
  looksLikeCaptureFilter,
  looksLikeDisplayFilter,
  slotAt,
  taken,
  valueOption,
  wordsFor,
  type Vocabulary,
} from "./complete";

const column = (name: string, type: string, nullable = true) => ({ name, type, nullable, doc: "" });
const vocabulary: Vocabulary = {
  columns: [
    column("time", "time", false),
    column("status", "u16"),
    column("server", "text"),
    column("server_port", "u16", false),
    column("request_headers", "headers"),
    column("response_body_truncated", "bool", false),
    column("oddities", "text_list", false),
  ],
  functions: ["lower(text)", "contains(text, part)", "request_header(name)"],
};
/** The slot where `|` stands. */
function at(marked: string) {
  const caret = marked.indexOf("|");
  return slotAt(marked.replace("|", ""), caret, vocabulary);
}
const labels = (marked: string) => wordsFor(at(marked), vocabulary).map(({ label }) => label);

describe("slotAt", () => {
  it.each([
    ["|", "term"],
    ["sta|", "term"],
    ["status |", "operator"],
    ["status >|", "value"],
    ["status >= |", "value"],
    ["status >= 5|", "value"],
    ["status >= 500 |", "connective"],
    ["status >= 500 an|", "connective"],
    ["status >= 500 and |", "term"],
    ["(status = 500 or |", "term"],
    ["server in ('a', |", "value"],
    ["server in ('a', 'b') |", "connective"],
    ["server not |", "operator"],
    ["server not like |", "value"],
    ["status between |", "value"],
    ["status between 400 |", "between-and"],
    ["status between 400 and |", "value"],
    ["status between 400 and 499 |", "connective"],
    ["status is |", "null"],
    ["status is not null |", "connective"],
    ["not |", "term"],
    ["response_body_truncated |", "connective"],
    ["contains(server, '|", "value"],
    ["contains(server, 'a') |", "connective"],
    ["lower(server) |", "operator"],
    ["checkout |", "connective"],
    ["checkout sta|", "term"],
  ])("%s wants a %s", (marked, wanted) => expect(at(marked).wanted).toBe(wanted));

  it("knows the column of a value, and what was typed of it", () => {
    const slot = at("server = 'o''n|");
    expect([slot.column?.name, slot.typed, slot.from]).toEqual(["server", "o'n", 9]);
    expect(at("server in ('a', 'b|").column?.name).toBe("server");
    expect(at("contains(server, 'x|").column?.name).toBe("server");
  });
  it("replaces the whole word under the caret", () => {
    const slot = at("st|atus >= 500");
    expect([slot.from, slot.to, slot.typed]).toEqual([0, 6, "st"]);
  });
  it("knows what holds before the condition", () => {
    expect(at("server = 'a' and status = |").before).toBe("server = 'a'");
    expect(at("status = |").before).toBe("");
    expect(at("server = 'a' or status = |").before).toBe("");
    expect(at("server = 'a' or server = 'b' and status = |").before).toBe("");
    expect(at("server = 'a' and (status = |").before).toBe("");
  });
  it("sees no caret within a text that is closed", () =>
    expect(at("server = 'a'|").wanted).toBe("connective"));
});

describe("wordsFor", () => {
  it("puts what begins with the typed before what contains it", () =>
    expect(labels("server|")).toEqual(["server", "server_port"]));
  it("offers what the type allows", () => {
    expect(labels("status |")).toContain("between");
    expect(labels("status |")).not.toContain("like");
    expect(labels("server |")).toContain("like");
    expect(labels("server_port |")).not.toContain("is null");
  });
  it("offers times before now", () =>
    expect(labels("time > '-1|")).toEqual(["-15m", "-1h", "-1d"]));
});

describe("taken", () => {
  const take = (marked: string, label: string) => {
    const slot = at(marked);
    const option = wordsFor(slot, vocabulary).find((each) => each.label === label);
    if (!option) throw new Error(`no ${label}`);
    const { text, caret } = taken(marked.replace("|", ""), slot, option);
    return `${text.slice(0, caret)}|${text.slice(caret)}`;
  };
  it("puts a word and a space", () => expect(take("sta|", "status")).toBe("status |"));
  it("keeps the space that is there", () =>
    expect(take("sta| >= 500", "status")).toBe("status |>= 500"));
  it("parts words", () => expect(take("status >= 500 |", "and")).toBe("status >= 500 and |"));
  it("writes columns that need a function with it", () => {
    expect(take("req|", "request_headers")).toBe("request_header('|");
    expect(take("odd|", "oddities")).toBe("list_contains(oddities, |");
  });
  it("quotes values, and replaces what was typed of them", () => {
    const slot = at("server = 'o|");
    const { text } = taken("server = 'o", slot, valueOption("o'neill", "", 3, slot.nested));
    expect(text).toBe("server = 'o''neill' ");
  });
});

describe("looksLikeCaptureFilter", () => {
  it.each(["tcp port 80", "host 10.0.0.1", "udp and port 53", "src host 10.0.0.1", "port 80"])(
    "%s does",
    (text) => expect(looksLikeCaptureFilter(text)).toBe(true),
  );
  it.each(["checkout", "status >= 500", "tcp", "host = 'a'", "port", "orders port"])(
    "%s does not",
    (text) => expect(looksLikeCaptureFilter(text)).toBe(false),
  );
});

describe("looksLikeDisplayFilter", () => {
  it("knows columns and quotes", () => {
    expect(looksLikeDisplayFilter("status >= 500")).toBe(true);
    expect(looksLikeDisplayFilter("target like '/api%'")).toBe(true);
    expect(looksLikeDisplayFilter("tcp prot 80")).toBe(false);
  });
});
