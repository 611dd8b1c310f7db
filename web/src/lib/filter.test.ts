import { describe, expect, it } from "vitest";
import { conjuncts, literal, narrow, term, widen, workloadTerm } from "./filter";

describe("term", () => {
  it("quotes text and doubles the quotes within", () => {
    expect(term("host", "o'neill.test")).toBe("host = 'o''neill.test'");
    expect(literal("")).toBe("''");
  });
  it("leaves numbers and booleans bare", () => {
    expect(term("status", 500)).toBe("status = 500");
    expect(term("request_body_truncated", true, true)).toBe("request_body_truncated <> true");
  });
  it("asks for null by is null, since nothing equals null", () => {
    expect(term("status", null)).toBe("status is null");
    expect(term("status", null, true)).toBe("status is not null");
  });
});

describe("narrow", () => {
  it("starts from nothing", () => expect(narrow("  ", "status = 500")).toBe("status = 500"));
  it("joins with and", () => expect(narrow("a = 1", "b = 2")).toBe("a = 1 and b = 2"));
  it("keeps bare words", () => expect(narrow("checkout", "b = 2")).toBe("checkout and b = 2"));
  it("brackets what or would tear apart", () =>
    expect(narrow("a = 1 or b = 2", "c = 3")).toBe("(a = 1 or b = 2) and c = 3"));
  it("sees no or within quotes, brackets or longer words", () => {
    expect(narrow("x = 'this or that'", "c = 3")).toBe("x = 'this or that' and c = 3");
    expect(narrow("(a = 1 or b = 2)", "c = 3")).toBe("(a = 1 or b = 2) and c = 3");
    expect(narrow("orders", "c = 3")).toBe("orders and c = 3");
  });
  it("adds a term once", () => expect(narrow("a = 1 and b = 2", "b = 2")).toBe("a = 1 and b = 2"));
  it("survives an unclosed quote", () =>
    expect(narrow("x = 'or", "c = 3")).toBe("x = 'or and c = 3"));
});

describe("conjuncts and widen", () => {
  it("takes a term away again", () => {
    const workload = workloadTerm("orders");
    expect(widen(narrow("status >= 500", workload), workload)).toBe("status >= 500");
    expect(widen("a = 1", "a = 1")).toBe("");
  });
  it("does not cut between in two", () =>
    expect(conjuncts("status between 400 and 499 and method = 'GET'")).toEqual([
      "status between 400 and 499",
      "method = 'GET'",
    ]));
  it("is blind to case", () => expect(conjuncts("a = 1 AND b = 2")).toEqual(["a = 1", "b = 2"]));
  it("leaves an or whole", () => expect(conjuncts("a = 1 or b = 2 and c = 3")).toHaveLength(1));
});
