// Overview, map, time, comparison and settings on live capture. TARGET is an HTTP server behind the
// captured INTERFACE; each scenario talks to it and looks for what it did itself.
import assert from "node:assert/strict";
import { NARROW, settles, until } from "./tools.mjs";

const { TARGET } = process.env;
const MARK = `/places-${process.pid}`;
const there = new URL(TARGET).hostname;

const ask = (path, status = 200) =>
  fetch(TARGET + path, { headers: { "x-want-status": String(status) } }).then(
    (answer) => answer.text(),
  );

/** Requests of this scenario: `good` that succeed and `bad` that fail, under a path of its own. */
async function traffic(name, good, bad) {
  for (let at = 0; at < good; at += 1) await ask(`${MARK}/${name}/${at}`);
  for (let at = 0; at < bad; at += 1) await ask(`${MARK}/${name}/${at}`, 503);
  return `target like '${MARK}/${name}/%'`;
}

const address = (page) =>
  new URLSearchParams(new URL(page.url()).hash.split("?")[1] ?? "");

export async function overview_adds_up_what_was_asked(visit) {
  const filter = await traffic("sum", 6, 2);
  const page = await visit.open(
    `#/overview?filter=${encodeURIComponent(filter)}`,
  );
  await page.getByText("8 in all").waitFor();
  await page.getByText("2 answered 5xx, or failed below it").waitFor();
  await page
    .locator("figure", { hasText: "Errors" })
    .getByText("25 %")
    .waitFor();
  const endpoints = page.getByRole("region", { name: "Endpoints" });
  const row = endpoints.locator("tbody tr").first();
  await row.getByText(`GET ${MARK}/sum/{id}`).waitFor();
  // The list is asked for on its own, and again: the first answer may be of six rows.
  await row.getByText("25 %").waitFor();
  await visit.assertAccessible("overview");

  await row.getByRole("button").click();
  await page.waitForURL(/#\/traffic/);
  await page.getByText("8 shown").waitFor();
  assert.match(address(page).get("filter"), /regexp_matches\(target/);
}

export async function losses_and_the_doctor_are_one_click_away(visit) {
  await traffic("seen", 1, 0);
  const page = await visit.open("#/overview");
  const seen = page.locator(".seen");
  await seen
    .getByText(/^0 % of packets lost|%/)
    .first()
    .waitFor();
  await seen.click();
  const panel = page.getByRole("dialog", { name: "Is this all there was?" });
  await panel.getByText("Kernel drops").waitFor();
  await panel.getByText(/more are counted, and zero/).click();
  await panel.getByText("802.11 units not read").waitFor();
}

export async function time_is_held_moved_and_kept_in_the_address(visit) {
  const filter = await traffic("time", 3, 0);
  const page = await visit.open(
    `#/overview?filter=${encodeURIComponent(filter)}`,
  );
  await page.getByText("3 in all").waitFor();
  await page.keyboard.press("p");
  await page.waitForURL(/to=/);
  const held = address(page);
  assert.equal(
    Date.parse(held.get("to")) - Date.parse(held.get("from")),
    300_000,
  );
  assert.equal(held.get("filter"), filter);

  await ask(`${MARK}/time/late`);
  await page.reload();
  await visit.connected();
  await page.getByText("3 in all").waitFor();
  assert.equal(address(page).get("from"), held.get("from"));

  // What is held in one place is held in the others, and the list shows just its rows.
  await page.keyboard.press("2");
  await page.waitForURL(/#\/traffic/);
  assert.equal(address(page).get("from"), held.get("from"));
  await visit.filter(filter);
  await page.getByText("3 shown").waitFor();

  await page.keyboard.press("Escape");
  await page.keyboard.press("[");
  await until(
    () => Date.parse(address(page).get("from")) < Date.parse(held.get("from")),
    "half a range back",
  );
  await page.goBack();
  assert.equal(address(page).get("from"), held.get("from"));
  await page.getByRole("button", { name: "Go live" }).click();
  await page.getByText("4 shown").waitFor();
  assert.equal(address(page).get("to"), null);
}

export async function dragging_over_a_chart_zooms_in(visit) {
  await traffic("zoom", 2, 0);
  const page = await visit.open("#/overview");
  const plot = page.locator("figure .u-over").first();
  await plot.waitFor();
  const box = await plot.boundingBox();
  const middle = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.5, middle);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, middle, { steps: 5 });
  await page.mouse.up();
  await page.waitForURL(/to=/);
  const zoomed = address(page);
  const seconds =
    (Date.parse(zoomed.get("to")) - Date.parse(zoomed.get("from"))) / 1000;
  assert.ok(
    seconds > 60 && seconds < 90,
    `a quarter of five minutes: ${seconds}`,
  );
  await page.getByRole("button", { name: /^Range: / }).click();
  await page.getByRole("button", { name: "1 h", exact: true }).click();
  await page.waitForURL(/from=-60m|from=-1h/);
}

export async function edge_of_the_map_leads_to_its_rows(visit) {
  const filter = await traffic("edge", 2, 1);
  const page = await visit.open(`#/map?filter=${encodeURIComponent(filter)}`);
  const arrow = page.getByRole("link", {
    name: new RegExp(`to ${there}, http:`),
  });
  // A straight line has no height, by which the driver tells what is visible.
  await arrow.waitFor({ state: "attached" });
  await settles(
    () => arrow.getAttribute("aria-label"),
    (found) => assert.match(found, /33.3 % errors/),
  );
  await settles(
    () => page.locator("g.node").count(),
    (found) => assert.equal(found, 2),
  );
  await visit.assertAccessible("the map");
  await arrow.focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/traffic/);
  await page.getByText("3 shown").waitFor();
  await page.goBack();

  await page.getByRole("button", { name: "Table" }).click();
  const row = page.locator("tbody tr", { hasText: there });
  await row.waitFor();
  await settles(
    () => row.innerText(),
    (found) => assert.match(found, /33.3 %/),
  );
  await visit.assertAccessible("the map as a table");
  await row.getByRole("button").click();
  await page.getByText("3 shown").waitFor();
}

export async function map_stands_still_when_others_come(visit) {
  await traffic("still", 1, 0);
  const page = await visit.open("#/map");
  await page.locator("g.node").nth(1).waitFor();
  const places = () =>
    page
      .locator("g.node")
      .evaluateAll((nodes) =>
        nodes.map((node) => [
          node.querySelector(".name").textContent,
          node.getAttribute("transform"),
        ]),
      );
  const before = await places();
  const [asked] = await Promise.all([
    page.waitForResponse((answer) => answer.url().includes("/api/map")),
    traffic("still", 2, 1),
  ]);
  assert.equal(asked.status(), 200);
  const after = new Map(await places());
  for (const [name, place] of before)
    assert.equal(after.get(name), place, name);
}

export async function comparison_names_what_is_new(visit) {
  const filter = await traffic("new", 4, 0);
  const page = await visit.open(
    `#/compare?filter=${encodeURIComponent(filter)}`,
  );
  const row = page.locator("tbody tr").first();
  await row.getByText(`${MARK}/new/{id}`).waitFor();
  await row.getByText("New", { exact: true }).waitFor();
  await page.getByRole("button", { name: /1 New/ }).click();
  await visit.assertAccessible("the comparison");
  await page.getByRole("button", { name: "A day ago" }).click();
  await page.waitForURL(/base_from=/);
  await row.getByText("New", { exact: true }).waitFor();
  await row.getByRole("button").click();
  await page.getByText("4 shown").waitFor();
}

export async function setting_is_changed_kept_and_taken_back(visit) {
  const page = await visit.open("#/settings");
  const row = page.locator('[data-setting="query_timeout"]');
  await row.getByText("default", { exact: true }).waitFor();
  await row.getByRole("button", { name: "Change" }).click();
  await row.getByRole("textbox").fill("soon");
  await row.getByRole("button", { name: "Save" }).click();
  await row
    .getByRole("alert")
    .getByText(/does not fit/)
    .waitFor();
  visit.expectStatus(400);
  await row.getByRole("textbox").fill("20s");
  await page.keyboard.press("Enter");
  await row.getByText("changed here").waitFor();
  await visit.assertAccessible("settings");
  await page.reload();
  await row.locator("code", { hasText: "20s" }).waitFor();
  await row.getByRole("button", { name: "Default" }).click();
  await row.getByText("default", { exact: true }).waitFor();

  const port = page.locator('[data-setting="port"]');
  await port.getByText("flag").waitFor();
  await port.getByRole("button").click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^NAUTSCAN_PORT=/);

  await page.getByRole("button", { name: "light" }).click();
  assert.equal(
    await page.evaluate(() => document.documentElement.dataset.theme),
    "light",
  );
}

export async function what_is_hidden_can_be_changed_while_it_runs(visit) {
  const page = await visit.open("#/settings");
  const row = page.locator('[data-setting="redact_patterns"]');
  await page
    .getByText("Rows that are stored already stay as they are")
    .waitFor();
  await row.getByRole("button", { name: "Change" }).click();
  await row.getByRole("textbox").fill("hush-[0-9]+\n(");
  await row.getByRole("button", { name: "Save" }).click();
  await row
    .getByRole("alert")
    .getByText(/cannot be used: missing \)/)
    .waitFor();
  visit.expectStatus(400);
  // The button takes its colours again by and by.
  await row
    .getByRole("button", { name: "Save" })
    .evaluate((button) =>
      Promise.all(button.getAnimations().map(({ finished }) => finished)),
    );
  await visit.assertAccessible("a rule that is refused");
  await row.getByRole("textbox").fill("hush-[0-9]+");
  await row.getByRole("button", { name: "Save" }).click();
  await row.getByText("changed here").waitFor();

  await ask(`${MARK}/hidden/hush-123`);
  await page.goto(
    `${visit.url}/#/traffic?filter=${encodeURIComponent(`target like '${MARK}/hidden/%'`)}`,
  );
  await visit.row(`${MARK}/hidden/[redacted]`).first().waitFor();
  await page.goto(`${visit.url}/#/settings`);
  await row.getByRole("button", { name: "Default" }).click();
  await row.getByText("default", { exact: true }).waitFor();
}

export async function empty_time_says_so_and_leads_to_what_there_is(visit) {
  await traffic("empty", 1, 0);
  for (const place of ["overview", "map"]) {
    const page = await visit.open(
      `#/${place}?from=2020-01-01T00:00:00.000Z&to=2020-01-01T01:00:00.000Z`,
      { size: NARROW },
    );
    await page.getByText("Nothing was captured in this time").waitFor();
    await visit.assertAccessible(`${place} without anything`);
    await page.getByRole("button", { name: /To the newest traffic/ }).click();
    await page.locator("figure, g.node").first().waitFor();
    await page.close();
  }
}
