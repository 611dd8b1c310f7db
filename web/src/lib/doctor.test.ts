import { describe, expect, it } from "vitest";
import { bySeverity, lookedFrom, summary, type State } from "./doctor";
import { remedyParts } from "./remedy";
import type { DoctorCheck } from "./types";

function check(id: string, state: State): DoctorCheck {
  return { id, state, title: id, found: "f", why: "w", remedy: "", facts: {}, where: "sensor" };
}

const none = { ok: 0, warning: 0, failed: 0, unknown: 0 };

describe("the doctor's list", () => {
  it("puts first what needs attention, and keeps the order within a state", () =>
    expect(
      bySeverity([
        check("a", "ok"),
        check("b", "unknown"),
        check("c", "failed"),
        check("d", "warning"),
        check("e", "ok"),
        check("f", "failed"),
      ]).map(({ id }) => id),
    ).toEqual(["c", "f", "d", "b", "a", "e"]));

  it("is summed up in a line", () => {
    expect(summary({ counts: { ...none, ok: 1 }, checks: [check("a", "ok")] })).toBe(
      "All 1 checks are fine.",
    );
    expect(
      summary({
        counts: { ok: 1, warning: 2, failed: 1, unknown: 0 },
        checks: [
          check("a", "ok"),
          check("b", "failed"),
          check("c", "warning"),
          check("d", "warning"),
        ],
      }),
    ).toBe("1 failed, 2 to note, 1 fine.");
  });

  it("says which process looked", () => {
    expect(lookedFrom("sensor")).toBe("seen by the sensor");
    expect(lookedFrom("server")).toBe("seen by the server");
  });
});

describe("a remedy", () => {
  const commands = (text: string) =>
    remedyParts(text)
      .filter(({ command }) => command)
      .map(({ text }) => text);

  it("has commands on indented lines, each by itself", () =>
    expect(
      remedyParts("Keep it by the network:\n    sudo timedatectl set-ntp true\n    date -u\nDone."),
    ).toEqual([
      { text: "Keep it by the network:", command: false },
      { text: "sudo timedatectl set-ntp true", command: true },
      { text: "date -u", command: true },
      { text: "Done.", command: false },
    ]));

  it("keeps the lines of a specification together, with their indentation", () =>
    expect(
      commands(
        "In the pod:\n    hostNetwork: true\n    containers:\n      - name: nautscan\nThen.",
      ),
    ).toEqual(["hostNetwork: true\ncontainers:\n  - name: nautscan"]));

  it("does the same for a systemd unit", () =>
    expect(
      commands(
        "Run\n    systemctl edit nautscan\nand there\n    [Service]\n    AmbientCapabilities=CAP_NET_RAW",
      ),
    ).toEqual(["systemctl edit nautscan", "[Service]\nAmbientCapabilities=CAP_NET_RAW"]));

  it("leaves out of a command what is a note behind it", () =>
    expect(remedyParts("    sudo apt-get install libpcap0.8     (Debian, Ubuntu)")).toEqual([
      { text: "sudo apt-get install libpcap0.8", command: true },
      { text: "Debian, Ubuntu", command: false },
    ]));

  it("still takes backticks and lines that begin like a command", () => {
    expect(commands("Look at `ip -s link` and at `ethtool -g`.")).toEqual([
      "ip -s link",
      "ethtool -g",
    ]);
    expect(commands("sudo nautscan serve")).toEqual(["sudo nautscan serve"]);
    expect(remedyParts("Free disk space, or lower it.")).toEqual([
      { text: "Free disk space, or lower it.", command: false },
    ]);
  });
});
