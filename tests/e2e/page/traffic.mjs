// The list of requests: its columns, its order.
import assert from "node:assert/strict";
import { NARROW, settles, until } from "./tools.mjs";

async function opened(visit, options = {}) {
  const page = await visit.open("#/traffic", options);
  await visit.rows().first().waitFor();
  return page;
}

const heads = (page) =>
  page
    .getByRole("columnheader")
    .evaluateAll((all) => all.map((head) => head.textContent.trim()));

export async function columns_are_chosen_and_kept(visit) {
  const page = await opened(visit);
  assert.ok((await heads(page)).includes("Waterfall"));
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: /^Protocol/ }).check();
  await page.getByRole("checkbox", { name: /^Waterfall/ }).uncheck();
  await visit.assertAccessible("the choice of columns");
  await page.keyboard.press("Escape");
  await page.reload();
  await visit.rows().first().waitFor();
  const kept = await heads(page);
  assert.ok(
    kept.includes("Protocol") && !kept.includes("Waterfall"),
    `${kept}`,
  );
  assert.match(
    await visit.rows().first().locator('[data-column="protocol"]').innerText(),
    /^(dns|http|postgresql|redis)$/,
  );
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("button", { name: "As at first" }).click();
  assert.ok((await heads(page)).includes("Waterfall"));
}

export async function columns_are_resized_by_mouse_and_by_keyboard(visit) {
  const page = await opened(visit);
  const head = page.getByRole("columnheader", { name: /^Method/ });
  const edge = page.getByRole("separator", { name: "Width of Method" });
  const width = async () => Math.round((await head.boundingBox()).width);
  const before = await width();
  const { x, y, height } = await edge.boundingBox();
  await page.mouse.move(x + 4, y + height / 2);
  await page.mouse.down();
  await page.mouse.move(x + 64, y + height / 2, { steps: 4 });
  await page.mouse.up();
  await until(async () => (await width()) === before + 60, "60 pixels more");
  await edge.focus();
  await page.keyboard.press("ArrowLeft");
  await until(async () => (await width()) === before + 48, "12 pixels less");
  await page.reload();
  await visit.rows().first().waitFor();
  assert.equal(await width(), before + 48);
  assert.equal(
    Math.round(
      (
        await visit
          .rows()
          .first()
          .locator('[data-column="method"]')
          .boundingBox()
      ).width,
    ),
    before + 48,
  );
}

export async function list_is_sorted_while_it_is_held(visit) {
  const page = await opened(visit);
  await until(
    async () => (await visit.rows().count()) > 12,
    "enough rows to sort",
  );
  const head = page.getByRole("columnheader", { name: /^Latency/ });
  await head.getByRole("button").click();
  await settles(
    () => head.getAttribute("aria-sort"),
    (found) => assert.equal(found, "descending"),
  );
  await page.getByText(/Sorted by latency: the .* that are held/).waitFor();
  const grid = page.getByRole("grid", { name: "Requests" });
  await grid.evaluate((element) => element.scrollTo(0, 0));
  const slowness = () =>
    page.locator("[role=row][data-index]").evaluateAll((rows) =>
      rows
        .sort((a, b) => a.dataset.index - b.dataset.index)
        .slice(0, 8)
        .map((row) => row.querySelector(".latency").textContent),
    );
  const nanoseconds = (text) => {
    const [value, unit] = text.trim().split(/\s/);
    return Number(value) * { ns: 1, µs: 1e3, ms: 1e6, s: 1e9 }[unit];
  };
  await until(
    async () => (await visit.rows().first().count()) === 1,
    "rows are drawn",
  );
  const down = (await slowness()).map(nanoseconds);
  assert.deepEqual(
    down,
    [...down].sort((a, b) => b - a),
  );
  await head.getByRole("button").click();
  await settles(
    () => head.getAttribute("aria-sort"),
    (found) => assert.equal(found, "ascending"),
  );
  // A row that is opened in a sorted list is the one that was pressed.
  const row = visit.rows().nth(3);
  const id = (await row.getAttribute("id")).replace("request-", "");
  await row.click();
  await visit.pane().locator(`[data-request="${id}"]`).waitFor();
  await page.getByRole("button", { name: /new$|^Follow$/ }).click();
  await settles(
    () => head.getAttribute("aria-sort"),
    (found) => assert.equal(found, "none"),
  );
}

export async function narrow_list_shows_two_lines_and_no_heads(visit) {
  const page = await opened(visit, { size: NARROW });
  assert.equal(await page.getByRole("columnheader").count(), 0);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - innerWidth,
  );
  assert.ok(overflow <= 0, `${overflow} pixels too wide`);
  await visit.assertAccessible("a narrow list");
}
