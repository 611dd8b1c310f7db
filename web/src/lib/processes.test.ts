import { describe, expect, it } from "vitest";

import { holder, listens } from "./processes";
import type { RequestRow } from "./types";

const row = {
  client_pid: 100,
  client_command: "curl",
  client_user: "root",
  client_process_source: "connect",
  client_process_reason: null,
  server_pid: null,
  server_command: null,
  server_user: "postgres",
  server_process_source: null,
  server_process_reason: "no_rights",
} as RequestRow;

describe("holder", () => {
  it("names the process, and says nothing more where the connection itself was seen", () => {
    expect(holder(row, "client")).toEqual({
      pid: 100,
      command: "curl",
      user: "root",
      source: null,
      reason: null,
    });
  });

  it("says what a name rests on", () => {
    const listening = { ...row, client_process_source: "listener" };
    expect(holder(listening, "client").source).toContain("listens on this port");
  });

  it("says why there is none, and the user where that is known", () => {
    const side = holder(row, "server");
    expect(side.pid).toBeNull();
    expect(side.user).toBe("postgres");
    expect(side.reason).toContain("may not be looked into");
  });

  it("shows a reason that it does not know by its own name", () => {
    const other = { ...row, server_process_reason: "something_new" };
    expect(holder(other, "server").reason).toBe("something new");
  });

  it("is empty for rows from before processes were looked for", () => {
    const old = { ...row, server_process_reason: null };
    expect(holder(old, "server").reason).toBeNull();
  });
});

describe("listens", () => {
  it.each([
    [{ ip: "0.0.0.0", port: 80, transport: "tcp" }, "*:80"],
    [{ ip: "::", port: 53, transport: "udp" }, "*:53 udp"],
    [{ ip: "::1", port: 631, transport: "tcp" }, "[::1]:631"],
    [{ ip: "127.0.0.1", port: 5432, transport: "tcp" }, "127.0.0.1:5432"],
  ])("%o is %s", (socket, text) => {
    expect(listens(socket)).toBe(text);
  });
});
