// Pictures of every place, dark and light, wide and narrow:
//   node web/scripts/screenshots.mjs URL FOLDER [PART OF A NAME…]
// `make screenshots` runs it on the demo. CHROMIUM names the browser.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [url, folder, ...wanted] = process.argv.slice(2);
if (!url || !folder) {
  console.error("usage: node screenshots.mjs URL FOLDER [PART OF A NAME…]");
  process.exit(2);
}
const PATIENCE_MS = 20_000;
/** Charts and rates need a moment of traffic. */
const SETTLE_MS = 1_200;
const SIZES = {
  wide: { width: 1280, height: 800 },
  narrow: { width: 390, height: 844 },
};
const row = "[role=row][data-index]";

/** @typedef {import("playwright-core").Page} Page */
/** @typedef {{ name: string, route: string, see: string, then?: (page: Page) => Promise<void> }} Scene */

/**
 * Each place as a person finds it; `then` does what is needed to see more of it.
 * @type {Scene[]}
 */
const SCENES = [
  { name: "overview", route: "#/overview", see: "tbody tr" },
  { name: "map", route: "#/map", see: "g.node" },
  { name: "compare", route: "#/compare", see: "main button" },
  { name: "settings", route: "#/settings", see: "[data-setting]" },
  {
    name: "settings-rule",
    route: "#/settings",
    see: "[data-setting]",
    then: async (page) => {
      const rule = page.locator('[data-setting="redact_patterns"]');
      await rule.getByRole("button", { name: "Change" }).click();
      await rule.getByRole("textbox").fill("[0-9]{13,16}\n(");
      await rule.getByRole("button", { name: "Save" }).click();
      await rule.getByRole("alert").waitFor();
    },
  },
  {
    name: "help",
    route: "#/overview",
    see: "tbody tr",
    then: async (page) => {
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
    },
  },
  {
    name: "honesty",
    route: "#/overview",
    see: "tbody tr",
    then: async (page) => {
      await page.keyboard.press("h");
      await page.getByRole("dialog").waitFor();
    },
  },
  { name: "traffic", route: "#/traffic", see: row },
  {
    name: "traffic-filtered",
    route: "#/traffic?filter=status+%3E%3D+400",
    see: row,
  },
  {
    name: "traffic-suggestions",
    route: "#/traffic",
    see: row,
    then: async (page) => {
      await page.click("#filter");
      await page.keyboard.type("status = ");
      await page.getByText("counted in the newest").waitFor();
    },
  },
  { name: "request", route: "#/traffic?filter=method+%3D+%27POST%27", see: row, then: openLast },
  {
    name: "request-response",
    route: "#/traffic?filter=content_type+like+%27%25json%25%27",
    see: row,
    then: async (page) => {
      await openLast(page);
      await page.getByRole("tab", { name: "Response" }).click();
    },
  },
  {
    name: "request-dns",
    route: "#/traffic?filter=protocol+%3D+%27dns%27",
    see: row,
    then: openLast,
  },
  { name: "containers", route: "#/containers", see: "tbody tr" },
  {
    name: "container",
    route: "#/containers",
    see: "tbody tr",
    then: (page) => page.locator("tbody button.name").first().click(),
  },
  {
    name: "containers-filtered",
    route: "#/containers?filter=status+%3E%3D+500",
    see: "tbody tr",
  },
  { name: "containers-nothing", route: "#/containers?filter=status+%3D+999", see: ".empty" },
  {
    name: "containers-before",
    route:
      "#/containers?from=2020-01-01T00:00:00.000Z&to=2020-01-01T01:00:00.000Z&open=demo-shop-orders-1",
    see: ".nothing",
  },
  { name: "flows", route: "#/flows", see: row },
  { name: "flow", route: "#/flows?filter=requests+%3E+0", see: row, then: openFirst },
  { name: "packets", route: "#/packets", see: row },
  { name: "packets-filtered", route: "#/packets?filter=protocol+%3D+%27UDP%27", see: row },
  {
    name: "stream",
    route: "#/flows?filter=requests+%3E+0",
    see: row,
    then: async (page) => {
      await openFirst(page);
      await page.getByRole("button", { name: "Follow stream" }).click();
      await page.getByRole("dialog").locator(row).first().waitFor();
    },
  },
  { name: "packet", route: "#/packets", see: row, then: openFirst },
  { name: "capture", route: "#/capture", see: "[data-running=true]" },
];

/** @param {Page} page */
async function openFirst(page) {
  await page.locator(row).first().click();
  await page.locator("aside").waitFor();
}
/** @param {Page} page */
async function openLast(page) {
  await page.locator(row).last().click();
  await page.locator("aside [role=tab]").first().waitFor();
}

const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
mkdirSync(folder, { recursive: true });
let failed = 0;
for (const theme of ["dark", "light"]) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const scene of SCENES) {
      const name = `${scene.name}-${theme}-${size}.png`;
      if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
      const context = await browser.newContext({ viewport });
      context.setDefaultTimeout(PATIENCE_MS);
      await context.addInitScript(`localStorage.setItem("nautscan.theme", "${theme}")`);
      const page = await context.newPage();
      try {
        await page.goto(`${url}/${scene.route}`);
        await page.locator(scene.see).first().waitFor();
        await scene.then?.(page);
        await page.waitForTimeout(SETTLE_MS);
        await page.screenshot({ path: join(folder, name) });
        console.log(name);
      } catch (error) {
        failed += 1;
        console.error(`${name}: ${String(error).split("\n")[0]}`);
      } finally {
        await context.close();
      }
    }
  }
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);
