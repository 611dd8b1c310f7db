// Requests that last. SOCKETS is a server of WebSockets behind the captured interface, TARGET one of
// HTTP; TALKER is a client that sends what it is told.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { settles, until } from "./tools.mjs";

const { TARGET, SOCKETS, TALKER, URL: NAUTSCAN } = process.env;
let number = 0;

/** A path that no other request has. */
const fresh = (name) => `/e2e/${name}-${process.pid}-${(number += 1)}`;

/** A WebSocket: `say` sends a text and waits for its answer, `close` closes it in order. */
async function talk(path) {
  const [python, script] = TALKER.split(" ");
  const process = spawn(python, [script, "talk", SOCKETS + path], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: process.stdout })[
    Symbol.asyncIterator
  ]();
  assert.equal((await lines.next()).value, "connected");
  return {
    async say(text) {
      process.stdin.write(`${text}\n`);
      assert.equal((await lines.next()).value, `heard '${text}'`);
    },
    async close() {
      const ended = new Promise((resolve) => process.once("exit", resolve));
      process.stdin.end();
      assert.equal(await ended, 0);
    },
  };
}

async function stored(path) {
  const filter = encodeURIComponent(`target = '${path}'`);
  const answer = await fetch(`${NAUTSCAN}/api/requests?filter=${filter}`);
  return (await answer.json()).requests;
}

export async function a_websocket_appears_grows_and_closes_as_one_row(visit) {
  const page = await visit.open();
  const path = fresh("chat");
  const socket = await talk(path);
  const row = visit.row(path);
  const latency = row.locator(".latency");
  await row.waitFor();
  assert.match(await row.innerText(), /GET/);
  assert.match(await row.innerText(), /101/);
  assert.equal(await latency.innerText(), "open");
  assert.equal(await row.locator(".bar.open").count(), 1);

  // Its pane grows while it is open, though the list is held still.
  await row.click();
  const pane = visit.pane();
  await pane.locator("header").getByText("open since").waitFor();
  await pane.getByText("It is going on").waitFor();
  const id = new URL(page.url()).hash.match(/open=(\d+)/)[1];
  await socket.say("first words");
  await pane.getByRole("tab", { name: "Messages" }).click();
  await pane.getByText("first words", { exact: true }).waitFor();
  await socket.say("and some more");
  await pane.getByText("and some more", { exact: true }).waitFor();
  await pane.getByText("2 sent, 2 received so far").waitFor();
  assert.deepEqual(
    await pane
      .locator("tbody tr")
      .evaluateAll((rows) => rows.map((each) => each.dataset.side)),
    ["client", "server", "client", "server"],
  );
  await visit.assertAccessible("the messages of a WebSocket");

  // Only what is another request counts as new.
  const other = fresh("other");
  await fetch(TARGET + other).then((answer) => answer.text());
  await page.getByRole("button", { name: "1 new", exact: true }).waitFor();
  await socket.say("once more");
  await pane.getByText("once more", { exact: true }).waitFor();
  await page.getByRole("button", { name: "1 new", exact: true }).waitFor();

  await socket.close();
  await settles(
    () => latency.innerText(),
    (found) => assert.match(found, /^[\d.]+ (ms|s|min)/),
  );
  await pane.getByText("3 sent, 3 received", { exact: true }).waitFor();
  await pane.getByRole("tab", { name: "Overview" }).click();
  await pane.getByText("normal closure").waitFor();
  assert.equal(await pane.getByText("open since").count(), 0);

  // It was one row all along, and is one wherever it is counted.
  assert.equal(await visit.row(path).count(), 1);
  const [found, ...others] = await until(async () => {
    const rows = await stored(path);
    return rows[0]?.completeness === "complete" && rows;
  }, "the end of the WebSocket in the history");
  assert.equal(others.length, 0);
  assert.equal(String(found.id), id);
  assert.ok(found.duration_ns > 0);
  const counted = await fetch(
    `${NAUTSCAN}/api/timeseries?filter=${encodeURIComponent(`target = '${path}'`)}`,
  );
  assert.equal((await counted.json()).total.requests, 1);
}

export async function one_that_has_ended_leaves_the_list_of_open_ones(visit) {
  const path = fresh("passing");
  const socket = await talk(path);
  await visit.open();
  await visit.row(path).waitFor();
  await visit.filter("completeness = 'open'");
  await visit.row(path).waitFor();
  await socket.say("still here");
  await socket.close();
  await visit.row(path).waitFor({ state: "detached" });

  // And comes into the list of those that have ended, where it did not belong before.
  const next = fresh("coming");
  const later = await talk(next);
  await visit.filter("completeness = 'complete' and protocol = 'websocket'");
  await visit.row(path).waitFor();
  await later.say("not yet");
  assert.equal(await visit.row(next).count(), 0);
  await later.close();
  await visit.row(next).waitFor();
}

export async function a_stream_of_events_is_told_as_it_comes(visit) {
  const page = await visit.open();
  const path = fresh("ticks");
  const heard = fetch(TARGET + path, { headers: { "x-want-events": "1" } });
  const row = visit.row(path);
  const latency = row.locator(".latency");
  await row.waitFor();
  assert.equal(await latency.innerText(), "open");
  await row.click();
  const pane = visit.pane();
  await pane.getByRole("tab", { name: "Events" }).click();
  const total = pane.locator("p.total");
  await total.filter({ hasText: /^\d+ events so far/ }).waitFor();
  const before = parseInt(await total.innerText());
  await settles(
    () => total.innerText(),
    (found) => assert.ok(parseInt(found) > before, found),
  );

  await fetch(TARGET + fresh("stop"), { headers: { "x-want-stop": path } });
  const text = await (await heard).text();
  const count = text.match(/^data: /gm).length;
  await settles(
    () => total.innerText(),
    (found) => assert.match(found, new RegExp(`^${count} events(;|$)`)),
  );
  assert.equal(
    (await pane.locator("td.data").last().innerText()).trim(),
    `tick ${count}`,
  );
  await settles(
    () => latency.innerText(),
    (found) => assert.match(found, /^[\d.]+ (s|min)/),
  );
  assert.equal((await stored(path)).length, 1);
  assert.equal(await visit.row(path).count(), 1);
  await page.close();
}
