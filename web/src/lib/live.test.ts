import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LiveConnection, SILENCE_MS, type LiveState, type Socket } from "./live";
import type { LiveMessage, LiveSubscribe } from "./types";

class FakeSocket implements Socket {
  onopen: Socket["onopen"] = null;
  onmessage: Socket["onmessage"] = null;
  onclose: Socket["onclose"] = null;
  onerror: Socket["onerror"] = null;
  readyState = 0;
  sent: string[] = [];
  closed = false;

  constructor(readonly address: string) {}
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.closed = true;
  }
  accept() {
    this.readyState = 1;
    this.onopen?.(undefined as never);
    this.say({ type: "hello" });
  }
  say(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  fail(reason = "") {
    this.onclose?.({ code: 1006, reason });
  }
}

const subscription = (filter: string): LiveSubscribe => ({
  type: "subscribe",
  table: "requests",
  filter,
});

function setUp() {
  const sockets: FakeSocket[] = [];
  const states: LiveState[] = [];
  const messages: LiveMessage[] = [];
  const connection = new LiveConnection(
    {
      address: () => "ws://host/",
      open: (address) => {
        const socket = new FakeSocket(address);
        sockets.push(socket);
        return socket;
      },
      onMessage: (message) => messages.push(message),
      onState: (state) => states.push(state),
      now: () => 1000,
      random: () => 0.5,
    },
    subscription(""),
  );
  const newest = () => sockets[sockets.length - 1] as FakeSocket;
  return { connection, sockets, states, messages, newest };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("LiveConnection", () => {
  it("is open once the server has said hello", () => {
    const { connection, states, messages, newest } = setUp();
    connection.start();
    expect(newest().address).toBe("ws://host/");
    newest().accept();
    expect(states.map((state) => state.kind)).toEqual(["connecting", "open"]);
    expect(messages).toEqual([{ type: "hello" }]);
  });

  it("comes back with growing delays and keeps the time of the loss", () => {
    const { connection, sockets, states, newest } = setUp();
    connection.start();
    newest().accept();
    newest().fail("going away");
    expect(states.at(-1)).toEqual({ kind: "lost", since: 1000, attempt: 1, reason: "going away" });
    vi.advanceTimersByTime(399);
    expect(sockets).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(sockets).toHaveLength(2);
    newest().fail();
    expect(states.at(-1)).toMatchObject({ attempt: 2, reason: "closed with code 1006" });
    vi.advanceTimersByTime(800);
    expect(sockets).toHaveLength(3);
    newest().accept();
    expect(states.at(-1)).toEqual({ kind: "open" });
  });

  it("takes silence for a loss", () => {
    const { connection, states, newest } = setUp();
    connection.start();
    newest().accept();
    vi.advanceTimersByTime(SILENCE_MS - 1);
    newest().say({ type: "health" });
    vi.advanceTimersByTime(SILENCE_MS - 1);
    expect(states.at(-1)).toEqual({ kind: "open" });
    const silent = newest();
    vi.advanceTimersByTime(1);
    expect(states.at(-1)).toMatchObject({ kind: "lost" });
    expect(silent.closed).toBe(true);
  });

  it("subscribes anew on the same connection", () => {
    const { connection, sockets, newest } = setUp();
    connection.start();
    newest().accept();
    connection.subscribe(subscription("b"));
    expect(newest().sent).toEqual([JSON.stringify(subscription("b"))]);
    newest().fail();
    vi.advanceTimersByTime(400);
    newest().accept();
    expect(sockets).toHaveLength(2);
    expect(newest().sent).toEqual([JSON.stringify(subscription("b"))]);
  });

  it("sends a subscription that changed while it connected", () => {
    const { connection, newest } = setUp();
    connection.start();
    connection.subscribe(subscription("b"));
    expect(newest().sent).toEqual([]);
    newest().accept();
    expect(newest().sent).toEqual([JSON.stringify(subscription("b"))]);
  });

  it("retries at once when asked, and only when lost", () => {
    const { connection, sockets, newest } = setUp();
    connection.start();
    connection.retryNow();
    expect(sockets).toHaveLength(1);
    newest().fail();
    connection.retryNow();
    expect(sockets).toHaveLength(2);
    vi.advanceTimersByTime(1000);
    expect(sockets).toHaveLength(2);
  });

  it("stays away once stopped", () => {
    const { connection, sockets, newest } = setUp();
    connection.start();
    newest().accept();
    connection.stop();
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(1);
    expect(newest().closed).toBe(true);
  });
});
