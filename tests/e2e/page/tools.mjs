// What the scenarios share: the browser, a visit to the page, axe.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(
  new URL("../../../web/package.json", import.meta.url),
);
const { chromium } = require("playwright-core");
const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

export const PLACES = [
  "overview",
  "traffic",
  "map",
  "containers",
  "flows",
  "packets",
  "capture",
  "settings",
];
export const PATIENCE = 25_000;
export const WIDE = { width: 1280, height: 800 };
export const NARROW = { width: 390, height: 844 };

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: FLAGS,
  });
}

/** A profile that nobody has used, and that is gone when it is closed. */
export async function profile(browser) {
  const context = await browser.newContext({
    viewport: WIDE,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  context.setDefaultTimeout(PATIENCE);
  return context;
}

/** One person's visit: a tab, what goes wrong in it, and where things are on the page. */
export class Visit {
  troubles = [];

  constructor(context, url) {
    this.context = context;
    this.url = url.replace(/\/$/, "");
  }

  async open(route = "#/traffic", { size = WIDE, theme = "dark" } = {}) {
    this.page = await this.context.newPage();
    await this.page.setViewportSize(size);
    this.page.on("pageerror", (error) =>
      this.troubles.push(`error in the page: ${error.stack}`),
    );
    this.page.on("console", (message) => {
      if (message.type() === "error")
        this.troubles.push(
          `console: ${message.text()} ${message.location().url}`,
        );
    });
    await this.page.addInitScript(
      (name) => localStorage.setItem("nautscan.theme", name),
      theme,
    );
    await this.page.goto(`${this.url}/${route}`);
    await this.connected();
    return this.page;
  }

  /** Live: the badge has something else to say than that it connects. */
  async connected() {
    await this.page
      .locator(".badge")
      .filter({ hasNotText: /connecting|sensor away/i })
      .waitFor();
  }

  rows() {
    return this.page.locator("[role=row][data-index]");
  }
  row(text) {
    return this.rows().filter({ hasText: text });
  }
  pane() {
    return this.page.locator("aside");
  }

  /** Filters, and waits until it is done: what is opened before would be closed again. */
  async filter(text) {
    await this.page.fill("#filter", text);
    await this.page.press("#filter", "Enter");
    await this.page.waitForFunction(
      (text) =>
        new URLSearchParams(location.hash.split("?")[1]).get("filter") === text,
      text,
    );
  }

  /** An answer that this scenario provokes on purpose is no trouble. */
  expectStatus(...statuses) {
    this.troubles = this.troubles.filter(
      (text) =>
        !statuses.some((status) =>
          text.includes(`the server responded with a status of ${status}`),
        ),
    );
  }

  assertNothingBroke() {
    assert.deepEqual(this.troubles, []);
  }

  /** No serious violation of WCAG 2.2 AA, as far as axe can tell. */
  async assertAccessible(what) {
    // The page's content security policy forbids adding a script; evaluating one is the driver's right.
    await this.page.evaluate(AXE);
    const { violations } = await this.page.evaluate(() =>
      globalThis.axe.run(document, {
        runOnly: [
          "wcag2a",
          "wcag2aa",
          "wcag21a",
          "wcag21aa",
          "wcag22aa",
          "best-practice",
        ],
      }),
    );
    const serious = violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(
        ({ id, help, nodes }) =>
          `${id}: ${help}: ${nodes
            .slice(0, 3)
            .map(({ html }) => html)
            .join(" | ")}`,
      );
    assert.deepEqual(serious, [], `axe on ${what}`);
  }

  async picture(path) {
    await this.page?.screenshot({ path }).catch(() => undefined);
  }
}

/** Polls until `ask` gives something true; for what no locator can wait for. */
export async function until(ask, what) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > end)
      throw new assert.AssertionError({ message: `waited in vain: ${what}` });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Polls until `read` gives what `judge` asserts; its last complaint is thrown. What a page says
 *  after a click or an answer comes a moment later, on a busy machine a long one. */
export async function settles(read, judge) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const found = await read();
    try {
      return judge(found);
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
