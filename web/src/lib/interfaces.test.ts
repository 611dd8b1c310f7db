import { describe, expect, it } from "vitest";
import { interfaceFacts } from "./interfaces";
import type { Interface } from "./types";

const item = (facts: Partial<Interface>): Interface =>
  ({ name: "eth0", addresses: [], selected: false, ...facts }) as Interface;

describe("interfaceFacts", () => {
  it("tells what is known and nothing else", () => {
    expect(interfaceFacts(item({}))).toEqual([]);
    expect(
      interfaceFacts(
        item({ kind: "physical", up: true, connected: true, default_route: true, mac: "02:fc" }),
      ),
    ).toEqual(["physical", "default route", "02:fc"]);
  });

  it("tells whose it is and what it belongs to", () => {
    expect(
      interfaceFacts(item({ kind: "veth", owner: "orders", network: "shop", master: "br-1" })),
    ).toEqual(["veth", "orders", "of shop", "in br-1"]);
  });

  it("tells a link type and MTU that are not the usual ones", () => {
    expect(interfaceFacts(item({ link_type: "ETHERNET", mtu: 1500 }))).toEqual([]);
    expect(interfaceFacts(item({ mtu: 65536 }), "LINUX_SLL2")).toEqual(["LINUX_SLL2", "MTU 65536"]);
  });

  it("tells why nothing comes", () => {
    expect(interfaceFacts(item({ up: false, connected: false }))).toEqual(["down"]);
    expect(interfaceFacts(item({ up: true, connected: false }))).toEqual(["no link"]);
  });
});
