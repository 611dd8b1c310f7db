import { describe, expect, it } from "vitest";
import { partyTitle, saidBy } from "./names";

describe("names of hosts", () => {
  it("are said with their source where they are the name that is shown", () => {
    expect(partyTitle("api.example", "192.0.2.7:443", "api.example", "dns")).toBe(
      "api.example · 192.0.2.7:443 · named by a DNS answer seen on the wire",
    );
  });
  it("are not taken for the source of a container's name", () => {
    expect(partyTitle("orders", "10.0.0.2:80", "orders-api", "docker")).toBe(
      "orders · 10.0.0.2:80",
    );
    expect(partyTitle("web", "10.0.0.1:80", null, null)).toBe("web · 10.0.0.1:80");
  });
  it("are absent where none is known", () => {
    expect(partyTitle(null, "192.0.2.7:443", null, null)).toBe("192.0.2.7:443");
  });
  it("keep a source that is not known here", () => {
    expect(saidBy("carrier pigeon")).toBe("carrier pigeon");
  });
});
