// Live capture. TARGET is an HTTP server behind the captured INTERFACE; each scenario talks to it.
import assert from "node:assert/strict";
import { settles, until } from "./tools.mjs";

const { TARGET, INTERFACE } = process.env;
let number = 0;

/** A path that no other request has. */
const fresh = (name) => `/e2e/${name}-${process.pid}-${(number += 1)}`;

const ask = (path, { status = 200, ...init } = {}) =>
  fetch(TARGET + path, {
    ...init,
    headers: { "x-want-status": String(status), ...init.headers },
  }).then((answer) => answer.text());

export async function request_appears_and_opens(visit) {
  const page = await visit.open();
  const path = fresh("order");
  await ask(path, {
    method: "POST",
    status: 201,
    headers: {
      "content-type": "application/json",
      "x-mark": "seen by the test",
    },
    body: '{"sku":"A-1","quantity":2}',
  });
  const row = visit.row(path);
  await row.waitFor();
  const text = await row.innerText();
  assert.match(text, /POST/);
  assert.match(text, /201/);

  await row.click();
  const pane = visit.pane();
  await pane.getByText(`${TARGET}${path}`).waitFor();
  await pane.getByText("Wait for the first byte").waitFor();
  assert.match(page.url(), /open=\d+/);

  await pane.getByRole("tab", { name: "Request" }).click();
  await pane.getByText("seen by the test").waitFor();
  assert.equal(
    await pane.locator("pre").innerText(),
    '{\n  "sku": "A-1",\n  "quantity": 2\n}',
  );
  await pane.getByRole("tab", { name: "Response" }).click();
  await pane.locator("pre", { hasText: path }).waitFor();
  assert.match(
    await pane.locator("pre").innerText(),
    /"number": 12345678901234567890/,
  );
  await pane.getByRole("button", { name: "Hex" }).click();
  await settles(
    () => pane.locator(".hex").innerText(),
    (found) => assert.match(found, /^0000/),
  );

  await pane.getByTitle("Copy as curl").click();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(command, new RegExp(`^curl ${TARGET}${path}`));
  assert.match(command, /--data-raw '\{"sku":"A-1","quantity":2\}'/);

  await page.keyboard.press("Escape");
  await pane.waitFor({ state: "detached" });
}

export async function filter_selects_history_and_live(visit) {
  const page = await visit.open();
  const mark = fresh("mix");
  await ask(`${mark}/good`);
  await ask(`${mark}/bad`, { status: 503 });
  await visit.row(`${mark}/good`).waitFor();
  await visit.row(`${mark}/bad`).waitFor();

  await visit.filter(`status >= 500 and target like '${mark}%'`);
  await visit.row(`${mark}/good`).waitFor({ state: "detached" });
  await visit.row(`${mark}/bad`).waitFor();
  await settles(
    () => visit.rows().count(),
    (found) => assert.equal(found, 1),
  );
  assert.match(decodeURIComponent(page.url()), /filter=status/);

  await ask(`${mark}/good-later`);
  await ask(`${mark}/bad-later`, { status: 500 });
  await visit.row(`${mark}/bad-later`).waitFor();
  await settles(
    () => visit.rows().count(),
    (found) => assert.equal(found, 2),
  );

  await page.reload();
  await visit.row(`${mark}/bad-later`).waitFor();
  assert.equal(
    await page.inputValue("#filter"),
    `status >= 500 and target like '${mark}%'`,
  );
  await settles(
    () => visit.rows().count(),
    (found) => assert.equal(found, 2),
  );
}

export async function wrong_filter_is_shown_under_its_character(visit) {
  const page = await visit.open();
  await page.fill("#filter", "status >= 500 and colour = 'red'");
  const problem = page.locator("#filter-problem");
  await problem.waitFor();
  await settles(
    () => problem.innerText(),
    (found) => assert.match(found, /colour/),
  );
  const mark = await page.locator("form .mark").getAttribute("style");
  assert.match(mark ?? "", /18ch/);
  await page.press("#filter", "Enter");
  assert.doesNotMatch(page.url(), /filter=/);
  await page.fill("#filter", "");
  await problem.waitFor({ state: "detached" });
  visit.expectStatus(422);
}

export async function clicked_value_narrows_the_filter(visit) {
  const page = await visit.open();
  const path = fresh("click");
  await ask(path, { method: "DELETE", status: 404 });
  await visit.row(path).click();
  await visit.pane().getByRole("button", { name: "DELETE" }).click();
  await settles(
    () => page.inputValue("#filter"),
    (found) => assert.equal(found, "method = 'DELETE'"),
  );
  await visit
    .pane()
    .getByRole("button", { name: "404" })
    .click({ modifiers: ["Shift"] });
  assert.equal(
    await page.inputValue("#filter"),
    "method = 'DELETE' and status <> 404",
  );
  await visit.row(path).waitFor({ state: "detached" });
}

export async function list_holds_still_while_it_is_read(visit) {
  const page = await visit.open();
  const mark = fresh("flood");
  for (let turn = 0; turn < 8; turn += 1) {
    await Promise.all(
      Array.from({ length: 10 }, (_, at) => ask(`${mark}/${turn * 10 + at}`)),
    );
  }
  await visit.filter(`target like '${mark}%'`);
  await page.getByText("80 shown").waitFor();
  const grid = page.getByRole("grid", { name: "Requests" });
  const top = () => grid.evaluate((element) => element.scrollTop);
  const end = () =>
    grid.evaluate((element) => element.scrollHeight - element.clientHeight);
  await until(
    async () => Math.abs((await top()) - (await end())) < 2,
    "the list is at its end",
  );

  await grid.hover();
  await page.mouse.wheel(0, -600);
  await page.getByRole("button", { name: "Follow", exact: true }).waitFor();
  const held = await top();
  const seen = await visit.rows().allInnerTexts();
  await Promise.all(
    Array.from({ length: 12 }, (_, at) => ask(`${mark}/later-${at}`)),
  );
  await page.getByRole("button", { name: "12 new" }).waitFor();
  assert.equal(await top(), held);
  assert.deepEqual(await visit.rows().allInnerTexts(), seen);

  await page.getByRole("button", { name: "12 new" }).click();
  await page.getByText("92 shown").waitFor();
  await until(
    async () => Math.abs((await top()) - (await end())) < 2,
    "the list follows again",
  );
}

export async function capture_stops_and_starts(visit) {
  const page = await visit.open("#/capture");
  const status = page.locator("[data-running]");
  await page.locator('[data-running="true"]').waitFor();
  await settles(
    () => status.innerText(),
    (found) => assert.match(found, new RegExp(INTERFACE)),
  );

  await page.getByRole("button", { name: "Stop" }).click();
  await page.locator('[data-running="false"]').waitFor();
  await page.getByText("Not capturing").waitFor();
  const unseen = fresh("unseen");
  await ask(unseen);

  const line = page.locator("li", { hasText: INTERFACE });
  if (!(await line.getByRole("checkbox").isChecked()))
    await line.getByRole("checkbox").click();
  for (const other of await page
    .getByRole("checkbox", { checked: true })
    .all()) {
    if (!(await other.getAttribute("aria-label"))?.includes(INTERFACE))
      await other.click();
  }
  await page.getByRole("button", { name: "Start" }).click();
  await page.locator('[data-running="true"]').waitFor();

  const seen = fresh("seen");
  await page.keyboard.press("2");
  await until(async () => {
    await ask(seen);
    return (await visit.row(seen).count()) > 0;
  }, "a request after the start appears");
  assert.equal(await visit.row(unseen).count(), 0);
}

export async function interface_shows_its_pulse(visit) {
  const page = await visit.open("#/capture");
  const line = page.locator("li", { hasText: INTERFACE });
  await line.getByTitle(/Packets a second/).waitFor();
  await until(async () => {
    await ask(fresh("pulse"));
    const text = await line.getByTitle(/Packets a second/).innerText();
    return Number.parseFloat(text) > 0;
  }, "packets a second are shown");
  assert.match(
    (await line.locator("polyline").getAttribute("points")) ?? "",
    /\d/,
  );
}

export async function capture_filter_is_checked_as_it_is_typed(visit) {
  const page = await visit.open("#/capture");
  await page.locator('[data-running="true"]').waitFor();
  await page.fill("#bpf", "tcp prot 80");
  await page.locator("#bpf-says.wrong").waitFor();
  assert.equal(
    await page.getByRole("button", { name: "Apply" }).isDisabled(),
    true,
  );
  await page.fill("#bpf", "tcp port 8080");
  await page.locator("#bpf-says:not(.wrong)").waitFor();
  await page.getByText("thrown away in the kernel").waitFor();
  visit.expectStatus(422);
}

export async function packet_bytes_and_layers_point_at_each_other(visit) {
  const page = await visit.open("#/packets");
  await ask(fresh("packet"));
  const row = visit
    .rows()
    .filter({ hasText: /HTTP|PSH/ })
    .first();
  await row.waitFor();
  await row.click();
  const pane = visit.pane();
  await pane.locator("details").first().waitFor();
  const layers = await pane.locator("summary").allInnerTexts();
  assert.ok(
    layers.some((text) => text.startsWith("Ethernet")),
    layers.join(),
  );
  assert.ok(
    layers.some((text) => text.startsWith("TCP")),
    layers.join(),
  );

  const ip = pane.locator("summary", { hasText: "IPv4" });
  await ip.hover();
  await settles(
    () => pane.locator(".bytes .bytes i.marked").count(),
    (found) => assert.equal(found, 20),
  );
  const byte = pane.locator('.bytes .bytes i[data-at="14"]');
  await byte.hover();
  await pane.locator("details .on").waitFor();
  assert.ok((await pane.locator(".bytes .bytes i.marked").count()) < 20);
}

export async function flow_leads_to_its_requests(visit) {
  const path = fresh("flow");
  await ask(path, { headers: { connection: "close" } });
  const port = new URL(TARGET).port;
  const page = await visit.open("#/flows");
  await visit.filter(`server_port = ${port} and requests > 0`);
  await visit.rows().first().click();
  await visit.pane().getByText("Packets", { exact: true }).waitFor();
  await visit.pane().getByRole("button", { name: "Its requests" }).click();
  await page.getByRole("grid", { name: "Requests" }).waitFor();
  await settles(
    () => page.inputValue("#filter"),
    (found) => assert.match(found, /^flow_id = \d+$/),
  );
  await visit.rows().first().waitFor();
}

/** Presses a row, lets `meanwhile` put another one in its place, and releases there. */
async function pressWhile(visit, row, meanwhile) {
  const id = await row.getAttribute("id");
  const { x, y } = await row.boundingBox();
  const point = { x: x + 40, y: y + 12 };
  const under = () =>
    visit.page.evaluate(
      ({ x, y }) =>
        document.elementFromPoint(x, y)?.closest("[role=row]")?.id ?? "none",
      point,
    );
  await visit.page.mouse.move(point.x, point.y);
  await visit.page.mouse.down();
  await meanwhile();
  await until(async () => (await under()) !== id, "another row lies there");
  await visit.page.mouse.up();
  return id;
}

export async function press_opens_its_row_though_another_came_before_the_release(
  visit,
) {
  const port = new URL(TARGET).port;
  const close = { headers: { connection: "close" } };
  const path = fresh("pressed");
  await ask(path, close);
  let page = await visit.open("#/flows");
  await visit.filter(`server_port = ${port} and requests > 0`);
  await page.waitForURL(/filter=/);
  await visit.rows().first().waitFor();
  const flow = await pressWhile(visit, visit.rows().first(), () =>
    ask(fresh("later"), close),
  );
  await visit
    .pane()
    .getByText(`Flow ${flow.replace("row-", "")}`)
    .waitFor();
  await page.close();

  page = await visit.open();
  const mark = fresh("press");
  for (let turn = 0; turn < 40; turn += 1) await ask(`${mark}/${turn}`);
  await visit.filter(`target like '${mark}%'`);
  await page.getByText("40 shown").waitFor();
  const request = await pressWhile(visit, visit.row(`${mark}/35`), () =>
    ask(`${mark}/later`),
  );
  await visit.pane().getByText(`${mark}/35`).first().waitFor();
  assert.match(
    page.url(),
    new RegExp(`open=${request.replace("request-", "")}`),
  );
}

export async function lost_connection_comes_back_and_fills_the_gap(visit) {
  let cut = null;
  const before = fresh("before");
  const during = fresh("during");
  let held = false;
  await visit.context.routeWebSocket(/\/api\/live/, (socket) => {
    if (held) return socket.close();
    socket.connectToServer();
    cut = () => socket.close({ code: 4000, reason: "cut by the test" });
    return undefined;
  });
  const page = await visit.open();
  await ask(before);
  await visit.row(before).waitFor();

  held = true;
  cut();
  await page.getByText("The connection to the server is lost").waitFor();
  await ask(during);
  await until(
    async () =>
      (
        await (await fetch(`${visit.url}/api/requests?limit=50`)).text()
      ).includes(during),
    "the server has stored it",
  );
  assert.equal(await visit.row(during).count(), 0);
  held = false;
  await visit.row(during).waitFor();
  await settles(
    () => visit.row(before).count(),
    (found) => assert.equal(found, 1),
  );
  await settles(
    () => visit.row(during).count(),
    (found) => assert.equal(found, 1),
  );
}

export async function keyboard_goes_everywhere(visit) {
  const page = await visit.open();
  const mark = fresh("keys");
  for (const at of [1, 2, 3]) await ask(`${mark}/${at}`);
  await page.keyboard.press("/");
  await page.keyboard.type(`target like '${mark}%'`);
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  // Alone, the scenario has three rows before the filter holds, too.
  await page.waitForURL(/filter=/);
  await page.getByText("3 shown").waitFor();
  await page.keyboard.press("j");
  await visit.pane().getByText(`${mark}/3`).first().waitFor();
  await page.keyboard.press("k");
  await visit.pane().getByText(`${mark}/2`).first().waitFor();
  await page.keyboard.press("Escape");
  await visit.pane().waitFor({ state: "detached" });
  for (const [key, title] of [
    ["1", "Overview"],
    ["3", "Map"],
    ["4", "Containers"],
    ["5", "Flows"],
    ["6", "Packets"],
    ["7", "Capture"],
    ["8", "Settings"],
    ["2", "Traffic"],
  ]) {
    await page.keyboard.press(key);
    await until(
      async () => (await page.title()).startsWith(title),
      `${key} goes to ${title}`,
    );
  }
  await settles(
    () => page.inputValue("#filter"),
    (found) => assert.equal(found, `target like '${mark}%'`),
  );
  await page.keyboard.press("?");
  const help = page.getByRole("dialog", { name: "Help" });
  await help.waitFor();
  await page.keyboard.press("Escape");
  // While a dialog is open, letters are its own.
  await help.waitFor({ state: "detached" });
  await page.keyboard.press("h");
  await page
    .getByRole("dialog", { name: "Is this all there was?" })
    .getByText("Kernel drops")
    .waitFor();
}

export async function places_are_accessible_live(visit) {
  await ask(fresh("axe"));
  await visit.open("#/capture");
  await visit.page.getByText(INTERFACE).first().waitFor();
  await visit.assertAccessible("capture");
  await visit.page.keyboard.press("4");
  await visit.page.getByRole("heading", { level: 2 }).first().waitFor();
  await visit.assertAccessible("containers without Docker");
}

export async function process_is_named(visit) {
  const page = await visit.open();
  const path = fresh("process");
  await ask(path);
  await visit.row(path).click();
  const pane = visit.pane();
  await pane.getByRole("tab", { name: "Connection" }).click();
  // It is we who asked; the target is in a network of its own, as another machine would be.
  const pid = pane.getByRole("button", {
    name: String(process.pid),
    exact: true,
  });
  await pid.waitFor();
  await pane.getByText("Not on this machine").waitFor();
  await pid.click();
  assert.match(
    decodeURIComponent(page.url()),
    new RegExp(`client_pid.=.${process.pid}`),
  );
}

export async function packets_of_a_new_capture_replace_those_of_the_last(
  visit,
) {
  const page = await visit.open(
    `#/packets?${new URLSearchParams({ filter: "destination_port = 8080" })}`,
  );
  await ask(fresh("ring"));
  await visit.rows().first().waitFor();
  const begun = await page.evaluate(() => Date.now());
  // Another option: capture is opened anew, and numbers its packets from one again.
  const answer = await fetch(`${visit.url}/api/packets/start`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ snaplen: 65_000 }),
  });
  assert.ok(answer.ok);
  await settles(
    async () => {
      await ask(fresh("ring"));
      return visit.rows().locator(".time").allInnerTexts();
    },
    (found) => {
      const since = new Date(begun).toTimeString().slice(0, 8);
      assert.ok(found.length > 0);
      assert.ok(
        found.every((time) => time.slice(0, 8) >= since),
        `${found} since ${since}`,
      );
    },
  );
  await visit.rows().first().click();
  await visit.pane().locator("details").first().waitFor();
}
