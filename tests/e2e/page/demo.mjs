// The demo: its label, the places in both themes and at both widths, accessibility.
import assert from "node:assert/strict";
import { join } from "node:path";
import { NARROW, PLACES, WIDE, settles, until } from "./tools.mjs";

/** The label is there, has its words, and nothing lies over it. */
async function assertLabelled(page, where) {
  const label = page
    .getByRole("note")
    .filter({ hasText: "This traffic is generated" });
  await label.waitFor();
  const box = await label.boundingBox();
  assert.ok(
    box && box.height >= 20 && box.y === 0,
    `the label is at the top of ${where}`,
  );
  const covered = await page.evaluate(
    ({ x, y }) =>
      document.elementFromPoint(x, y)?.closest("[role=note]") === null,
    { x: box.x + box.width / 2, y: box.y + box.height / 2 },
  );
  assert.equal(covered, false, `nothing covers the label on ${where}`);
  assert.match(await page.title(), /^Demo/);
}

async function filled(visit, place) {
  const { page } = visit;
  if (place === "overview")
    await page.locator(".tops tbody tr").nth(4).waitFor();
  else if (place === "map") await page.locator("g.node").nth(6).waitFor();
  else if (place === "settings")
    await page.locator("[data-setting]").first().waitFor();
  else if (place === "capture") await page.locator("[data-running]").waitFor();
  else if (place === "containers")
    await page.locator("tbody tr").first().waitFor();
  else await visit.rows().first().waitFor();
}

async function tour(visit, size, theme) {
  for (const place of PLACES) {
    await visit.open(`#/${place}`, { size, theme });
    await filled(visit, place);
    await assertLabelled(visit.page, place);
    await visit.picture(
      join(process.env.PICTURES, `${place}-${size.width}-${theme}.png`),
    );
    await visit.assertAccessible(`${place}, ${size.width} px, ${theme}`);
    const sideways = await visit.page.evaluate(
      () => document.documentElement.scrollWidth > innerWidth,
    );
    assert.equal(
      sideways,
      false,
      `${place} does not scroll sideways at ${size.width} px`,
    );
    await visit.page.close();
  }
}

export async function every_place_is_labelled_and_accessible_dark(visit) {
  await tour(visit, WIDE, "dark");
}

export async function every_place_is_labelled_and_accessible_light(visit) {
  await tour(visit, WIDE, "light");
}

export async function every_place_is_labelled_and_accessible_narrow(visit) {
  await tour(visit, NARROW, "dark");
}

export async function label_stays_above_what_opens(visit) {
  for (const size of [WIDE, NARROW]) {
    // What is not HTTP has fewer tabs.
    const page = await visit.open("#/traffic?filter=protocol+%3D+%27http%27", {
      size,
    });
    await filled(visit, "traffic");
    await visit.rows().last().click();
    await visit.pane().getByRole("tab", { name: "Overview" }).waitFor();
    await assertLabelled(page, "an open request");
    await visit.assertAccessible("an open request");
    for (const tab of ["Request", "Response", "Connection"]) {
      await visit.pane().getByRole("tab", { name: tab }).click();
      await visit.assertAccessible(`the tab ${tab}`);
    }
    await page.getByTitle("What was lost, and why (h)").click();
    await page.getByRole("dialog").waitFor();
    await assertLabelled(page, "the panel of losses");
    await visit.assertAccessible("the panel of losses");
    await page.close();
  }
}

export async function answers_say_that_it_is_a_demo(visit) {
  const page = await visit.open();
  await filled(visit, "traffic");
  for (const path of [
    "requests",
    "flows",
    "containers",
    "health",
    "packets/status",
  ]) {
    const answer = await page.request.get(`${visit.url}/api/${path}`);
    assert.equal(answer.status(), 200, path);
    assert.equal(answer.headers()["x-nautscan-source"], "demo", path);
    assert.equal((await answer.json()).source, "demo", path);
  }
}

export async function container_leads_to_its_traffic(visit) {
  const page = await visit.open("#/containers");
  await filled(visit, "containers");
  const button = page.locator("tbody button.name").first();
  const name = (await button.innerText()).split("\n")[0].trim();
  await button.click();
  await visit.pane().getByText("Last requests").waitFor();
  await visit.pane().getByRole("button", { name: "See its traffic" }).click();
  await filled(visit, "traffic");
  assert.equal(
    await page.inputValue("#filter"),
    `(client = '${name}' or server = '${name}')`,
  );
  for (const text of await visit.rows().allInnerTexts())
    assert.match(text, new RegExp(`\\b${name}\\b`));
}

export async function container_tells_its_endpoints_peers_and_addresses(visit) {
  const page = await visit.open("#/containers?open=demo-shop-orders-1");
  const pane = visit.pane();
  await pane.getByText("What it is asked for").waitFor();
  await pane.getByText("Whom it talks to").waitFor();
  await pane.getByText("Its addresses over time").waitFor();
  await visit.assertAccessible("a container");
  const endpoint = pane.getByRole("button", { name: /^(GET|POST) \// }).first();
  const [method, path] = (await endpoint.innerText()).trim().split(/\s+/);
  await endpoint.click();
  await filled(visit, "traffic");
  assert.equal(
    await page.inputValue("#filter"),
    `server = 'orders' and method = '${method}' and starts_with(target, '${path}')`,
  );
  for (const text of await visit.rows().allInnerTexts())
    assert.match(text, new RegExp(`orders[^]*${method}`));
}

export async function containers_follow_the_range_of_time(visit) {
  const page = await visit.open("#/containers?open=demo-shop-orders-1");
  const pane = visit.pane();
  const table = page.getByRole("region", {
    name: "Containers and their traffic",
  });
  await pane
    .getByRole("heading", { name: "Requests, Last 5 minutes" })
    .waitFor();
  await page.keyboard.press("p");
  await page.waitForURL(/to=/);
  await pane.getByRole("heading", { name: /^Requests, .* – / }).waitFor();
  const asked = ["containers", "traffic", "requests"].map((last) =>
    page.waitForResponse((answer) =>
      new RegExp(`/${last}\\?.*from=20.*to=20`).test(answer.url()),
    ),
  );
  await page.reload();
  await Promise.all(asked);
  await table.locator("tr.open").waitFor();
  await settles(
    () => pane.locator("dt", { hasText: "Served" }).locator("+ dd").innerText(),
    (found) => assert.match(found, /^[1-9]/),
  );
  await visit.assertAccessible("containers of a time that is held");

  // Dragging over the chart of the container zooms in, and it stays open.
  const plot = pane.locator(".u-over");
  await plot.waitFor();
  const box = await plot.boundingBox();
  const before = page.url();
  await page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.9, box.y + box.height / 2, {
    steps: 5,
  });
  await page.mouse.up();
  await until(() => page.url() !== before, "a narrower range");
  assert.match(page.url(), /open=demo-shop-orders-1/);

  // Before anything ran there was nothing: neither containers nor the one that is open.
  await page.goto(
    `${visit.url}/#/containers?from=2020-01-01T00:00:00.000Z&to=2020-01-01T01:00:00.000Z&open=demo-shop-orders-1`,
  );
  await page.getByText("No container is known of this time").waitFor();
  await pane.getByText("It was not there in this time").waitFor();
  await visit.assertAccessible("containers of a time before there were any");
  await page.getByRole("button", { name: "Go live" }).last().click();
  await pane.getByRole("heading", { name: /^Requests, Last/ }).waitFor();
}

export async function a_question_to_dns_is_told_in_its_words(visit) {
  const page = await visit.open();
  await visit.filter("protocol = 'dns' and status = 0");
  await visit.row("NOERROR").first().click();
  const pane = visit.pane();
  for (const word of [
    "Wait for the answer",
    "Question to answer",
    "Response code",
  ])
    await pane.getByText(word, { exact: true }).waitFor();
  await pane.getByText("What the protocol tells").waitFor();
  assert.equal(await pane.getByRole("tab", { name: "Response" }).count(), 0);
  await visit.assertAccessible("a question to DNS");
  await page.keyboard.press("Escape");
}

export async function nothing_comes_from_elsewhere(visit) {
  const elsewhere = [];
  visit.context.on("request", (request) => {
    if (
      !request.url().startsWith(visit.url) &&
      !request.url().startsWith("data:")
    )
      elsewhere.push(request.url());
  });
  for (const place of PLACES) {
    await visit.open(`#/${place}`);
    await filled(visit, place);
    await visit.page.close();
  }
  assert.deepEqual(elsewhere, []);
}

/** A question of DNS has no address to open and nothing that curl could ask again. */
export async function name_query_is_no_address(visit) {
  const page = await visit.open("#/traffic");
  await visit.filter("protocol = 'dns' and not target is null");
  const questions = visit.row(":53");
  await questions.first().waitFor();
  await page.keyboard.press("G");
  await questions.last().click();
  const asked = visit.pane().locator("[data-request]");
  await until(
    async () => / at [\d.]+:\d+$/.test(await asked.innerText()),
    "the question and its server",
  );
  const copy = visit.pane().getByTitle("Copy as text");
  await copy.and(page.locator(":enabled")).waitFor();
  await copy.click();
  const text = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(text, await asked.innerText());
  assert.doesNotMatch(text, /http/);
  await page
    .getByRole("button", { name: "Copy or keep in another form" })
    .click();
  const items = await page.getByRole("menuitem").allInnerTexts();
  assert.deepEqual(
    items.map((item) => item.trim()),
    ["Copy as text", "Packets of its flow .pcapng"],
  );
}
