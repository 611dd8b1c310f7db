// The display filter: what is suggested, what is kept, and values that lead to filters.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { NARROW, settles, until, WIDE } from "./tools.mjs";

const option = (page, name) =>
  page.getByRole("option", { name, exact: false }).first();

async function opened(visit, route = "#/traffic", options = {}) {
  const page = await visit.open(route, options);
  await visit.rows().first().waitFor();
  return page;
}

export async function completion_leads_from_column_to_value(visit) {
  const page = await opened(visit);
  const field = page.getByRole("combobox", { name: "Filter requests" });
  await page.keyboard.press("/");
  await page.keyboard.type("sta");
  await option(page, "status").waitFor();
  await settles(
    () => field.getAttribute("aria-expanded"),
    (found) => assert.equal(found, "true"),
  );
  await page.keyboard.press("ArrowDown");
  const active = await field.getAttribute("aria-activedescendant");
  await settles(
    () => page.locator(`#${active}`).innerText(),
    (found) => assert.match(found, /^status/),
  );
  await page.keyboard.press("Enter");
  await settles(
    () => field.inputValue(),
    (found) => assert.equal(found, "status "),
  );

  await option(page, "at least").waitFor();
  await page.keyboard.type("= ");
  const value = page.getByRole("option", { name: /^200/ });
  await value.waitFor();
  await settles(
    () => value.innerText(),
    (found) => assert.match(found, /\d/),
  );
  await page.getByText(/counted in the newest .* rows/).waitFor();
  await value.click();
  await settles(
    () => field.inputValue(),
    (found) => assert.equal(found, "status = 200 "),
  );
  await visit.assertAccessible("the filter with suggestions");

  await page.keyboard.type("and meth");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  await settles(
    () => field.inputValue(),
    (found) => assert.equal(found, "status = 200 and method "),
  );
  await page.keyboard.type("= ");
  await page
    .getByRole("option", { name: /^POST/ })
    .or(page.getByRole("option", { name: /^GET/ }))
    .first()
    .waitFor();
  await page.getByText("that match what stands before").waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await page.getByRole("listbox").count(), 0);
  await settles(
    () => field.inputValue(),
    (found) => assert.equal(found, "status = 200 and method = "),
  );
  await page.keyboard.type("'GET'");
  await page.keyboard.press("Enter");
  await page.waitForURL(/filter=status/);
  assert.equal(
    decodeURIComponent(page.url().split("filter=")[1]).replaceAll("+", " "),
    "status = 200 and method = 'GET'",
  );
}

export async function what_is_not_finished_is_no_mistake_until_it_is_sent(
  visit,
) {
  const page = await opened(visit);
  const judged = page.waitForResponse(/filter\/check/);
  await page.keyboard.press("/");
  await page.keyboard.type("status >= ");
  await judged;
  await page.getByRole("option").first().waitFor();
  assert.equal(await page.locator("#filter-problem").count(), 0);
  await page.keyboard.press("Enter");
  await page.locator("#filter-problem").waitFor();
  assert.doesNotMatch(page.url(), /filter=/);
}

/** The page's title says that it is filtered, or says nothing of it. */
async function titled(page, isFiltered) {
  await settles(
    () => page.title(),
    (title) => assert.equal(/filtered/i.test(title), isFiltered, title),
  );
}

export async function active_filter_cannot_be_missed_and_is_remembered(visit) {
  for (const size of [WIDE, NARROW]) {
    const page = await opened(visit, "#/traffic", { size });
    await titled(page, false);
    await visit.filter("method = 'GET'");
    await page.waitForURL(/filter=/);
    await page.locator("form[role=search].active").waitFor();
    await titled(page, true);
    await page.getByRole("button", { name: "Clear the filter" }).click();
    await until(
      async () => !/filter=/.test(page.url()),
      "the filter is taken away",
    );
    await titled(page, false);
    await page.getByRole("combobox").click();
    await page.getByText("Used lately").waitFor();
    await option(page, "method = 'GET'").click();
    await page.waitForURL(/filter=method/);
    await visit.assertAccessible(`an active filter at ${size.width}`);
    await page.close();
  }
}

export async function filter_is_saved_exported_and_taken_in(visit) {
  const page = await opened(visit);
  await visit.filter("duration_ns > 1ms");
  await page.waitForURL(/filter=/);
  await page.getByRole("button", { name: "Saved filters" }).click();
  await page.getByLabel("Name of the filter").fill("Not instant");
  await page.getByRole("button", { name: "Save this one" }).click();
  await page
    .getByRole("button", { name: /Not instant.*duration_ns/ })
    .waitFor();
  await visit.assertAccessible("saved filters");

  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export" }).click();
  const path = await (await download).path();
  const kept = JSON.parse(readFileSync(path, "utf8"));
  assert.deepEqual(kept.filters, [
    { name: "Not instant", table: "requests", filter: "duration_ns > 1ms" },
  ]);

  await page.getByRole("button", { name: "Delete Not instant" }).click();
  await page.getByText("None yet").waitFor();
  await page.getByLabel("File of saved filters").setInputFiles(path);
  await page
    .getByRole("button", { name: /Not instant.*duration_ns/ })
    .waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Clear the filter" }).click();
  await page.reload();
  await visit.rows().first().waitFor();
  await page.getByRole("button", { name: "Saved filters" }).click();
  await page.getByRole("button", { name: /Not instant.*duration_ns/ }).click();
  await page.waitForURL(/filter=duration_ns/);
}

export async function value_of_a_row_is_added_or_excluded_by_its_menu(visit) {
  const page = await opened(visit);
  const cell = visit.rows().last().locator('[data-column="method"]');
  await page.keyboard.press("k");
  await page.keyboard.press("Escape");
  const method = (await cell.innerText()).trim();
  await cell.click({ button: "right" });
  await page
    .getByRole("menuitem", { name: `Only method = '${method}'` })
    .waitFor();
  await visit.assertAccessible("the menu of a row");
  await page
    .getByRole("menuitem", { name: `Only method = '${method}'` })
    .click();
  await settles(
    () => page.inputValue("#filter"),
    (found) => assert.equal(found, `method = '${method}'`),
  );
  await visit.rows().first().waitFor();
  const status = visit.rows().first().locator('[data-column="status"]');
  await status.click({ button: "right" });
  // Rows come meanwhile, and not every protocol has a status: the menu tells of which one it is.
  const without = page.getByRole("menuitem", { name: /^Without status/ });
  const code = /\d+/.exec(await without.innerText())?.[0];
  await without.click();
  assert.equal(
    await page.inputValue("#filter"),
    code
      ? `method = '${method}' and status <> ${code}`
      : `method = '${method}' and status is not null`,
  );
}

export async function capture_and_display_filters_are_told_apart(visit) {
  const page = await opened(visit);
  await page.fill("#filter", "tcp port 80");
  await page.getByText("This reads like a capture filter").waitFor();
  await page.keyboard.press("Escape");
  await page.goto(`${visit.url}/#/capture`);
  await page.fill("#bpf", "status >= 500");
  await page.getByText("This reads like a display filter").waitFor();
  visit.expectStatus(422);
}

export async function packets_are_filtered_like_everything_else(visit) {
  const page = await opened(visit, "#/packets");
  await page.getByText("still holds in memory").waitFor();
  const field = page.getByRole("combobox", { name: "Filter packets" });
  await page.keyboard.press("/");
  await page.keyboard.type("proto");
  await option(page, "protocol").click();
  await page.keyboard.type("= ");
  await page.getByRole("option", { name: /^UDP/ }).click();
  await settles(
    () => field.inputValue(),
    (found) => assert.equal(found, "protocol = 'UDP' "),
  );
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/packets\?filter=protocol/);
  await page.locator("form[role=search].active").waitFor();
  await page.getByText(/^among .+ since/).waitFor();
  await settles(
    () => visit.rows().locator('[data-column="protocol"]').allInnerTexts(),
    (found) => {
      assert.ok(found.length > 0);
      assert.deepEqual([...new Set(found)], ["UDP"]);
    },
  );
  await visit.assertAccessible("packets under a filter");

  // The address holds it: who gets the link sees the same.
  await page.reload();
  await page.getByText(/^among .+ since/).waitFor();
  assert.equal(await field.inputValue(), "protocol = 'UDP'");

  await page.fill("#filter", "protocol = 'UDP' and lenght > 3");
  await page.locator("#filter-problem").waitFor();
  await page.getByText("There is no column 'lenght' in packets").waitFor();
  const mark = await page.locator("form .mark").getAttribute("style");
  assert.match(mark, /21ch/);
  await page.fill("#filter", "udp port 53");
  await page.getByText("This reads like a capture filter").waitFor();

  // One that is wrong in a link is named as well.
  await page.goto(`${visit.url}/#/packets?filter=lenght+%3E+3`);
  await page.locator("#filter-problem").waitFor();
  await page.getByRole("heading", { name: /There is no column/ }).waitFor();
  visit.expectStatus(422);
}

export async function containers_show_only_what_the_filter_lets_through(visit) {
  const page = await visit.open("#/containers?open=demo-shop-orders-1");
  const table = page.getByRole("region", {
    name: "Containers and their traffic",
  });
  await table.locator("tbody tr").first().waitFor();
  const all = await table.locator("tbody tr").count();
  await visit.filter("server = 'orders' and method = 'GET'");
  await page.waitForURL(/filter=/);
  await page.getByText(/have requests that match/).waitFor();
  await settles(
    () => table.locator("tbody tr").count(),
    (found) => assert.ok(found > 0 && found < all, `${found} of ${all}`),
  );
  // The container that was open stays so, and tells of these requests alone.
  const pane = visit.pane();
  await pane.getByText("Only what the filter lets through").waitFor();
  await pane.getByRole("heading", { name: /that match$/ }).waitFor();
  await settles(
    () => pane.locator("li button .mono:nth-child(2)").allInnerTexts(),
    (found) => assert.deepEqual([...new Set(found)], ["GET"]),
  );
  await visit.assertAccessible("containers under a filter");
  await pane.getByRole("button", { name: "See its traffic" }).click();
  await page.waitForURL(/#\/traffic/);
  await settles(
    () => page.inputValue("#filter"),
    (found) => assert.match(found, /method = 'GET' and \(client = 'orders'/),
  );

  await page.goto(`${visit.url}/#/containers?filter=status+%3D+999`);
  await page.getByText("Nothing matches the filter").waitFor();
  await page.locator("form[role=search].active").waitFor();
  await page.getByRole("button", { name: "Clear the filter" }).first().click();
  await settles(
    () => table.locator("tbody tr").count(),
    (found) => assert.equal(found, all),
  );
}
