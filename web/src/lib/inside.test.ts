import { describe, expect, it } from "vitest";
import { containerOf, leadsInto, toggled, wantedNames } from "./inside";

const web = {
  id: "53e8e2e2a29d" + "0".repeat(52),
  name: "shop-web-1",
  service: "web",
  interface: "all@shop-web-1",
};

describe("names of what is captured", () => {
  it("end in the container that they lead into", () => {
    expect(["lo@web", "eth0", "@web", "lo@", "a@b@c"].map(containerOf)).toEqual([
      "web",
      null,
      null,
      null,
      "c",
    ]);
  });

  it("mean a container by its name, service or id", () => {
    for (const name of ["lo@shop-web-1", "all@web", "all@53e8e2e2", `lo@${web.id}`])
      expect(leadsInto(name, web), name).toBe(true);
    for (const name of ["lo@web-2", "web", "lo@53e"])
      expect(leadsInto(name, web), name).toBe(false);
  });

  it("are added and taken away", () => {
    expect(toggled(["lo@db"], web)).toEqual(["lo@db", "all@shop-web-1"]);
    expect(toggled(["lo@db", "lo@web", "all@shop-web-1"], web)).toEqual(["lo@db"]);
  });

  it("leave the server its choice of the host's interfaces", () => {
    expect(wantedNames(null, null, null)).toBeNull();
    expect(wantedNames(null, null, ["all@web"])).toEqual(["default", "all@web"]);
    expect(wantedNames(["default", "all@web"], null, [])).toBeNull();
    expect(wantedNames(["eth0", "lo@web"], null, null)).toEqual(["eth0", "lo@web"]);
    expect(wantedNames(["lo@web"], ["eth0"], null)).toEqual(["eth0", "lo@web"]);
    expect(wantedNames(null, [], ["all@web"])).toEqual(["all@web"]);
  });
});
