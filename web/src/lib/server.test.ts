import { describe, expect, it } from "vitest";
import { placeOf, socketAddress, withoutToken } from "./server";

const PAGE = "http://localhost:3000/?x=1#/traffic";

describe("placeOf", () => {
  it("is beside the page unless something else is said", () => {
    for (const stated of [undefined, null, "", 5, "/api", "/api/", "http://localhost:3000/api"]) {
      expect(placeOf(stated, PAGE)).toEqual({ base: "/api", separate: false });
    }
  });
  it("is another origin where host or port differ", () => {
    expect(placeOf("http://localhost:8000/api/", PAGE)).toEqual({
      base: "http://localhost:8000/api",
      separate: true,
    });
    expect(placeOf("https://nas.lan/nautscan/api", PAGE).base).toBe("https://nas.lan/nautscan/api");
  });
});

describe("socketAddress", () => {
  it("follows the place and its scheme", () => {
    const beside = placeOf(undefined, "https://nas.lan/");
    expect(socketAddress(beside, "https://nas.lan/", "live")).toBe("wss://nas.lan/api/live");
    const separate = placeOf("http://localhost:8000/api", PAGE);
    expect(socketAddress(separate, PAGE, "live?token=a%26b")).toBe(
      "ws://localhost:8000/api/live?token=a%26b",
    );
  });
});

describe("withoutToken", () => {
  it("takes the token out and leaves the rest", () => {
    expect(withoutToken("http://localhost:3000/?token=s3cret&x=1#/flows")).toEqual({
      token: "s3cret",
      address: "http://localhost:3000/?x=1#/flows",
    });
    expect(withoutToken(PAGE)).toEqual({ token: null, address: PAGE });
  });
});
