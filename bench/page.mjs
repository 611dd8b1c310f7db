// Watches the page in Chromium while rows come: node page.mjs URL SECONDS. Prints JSON.
// Frames are counted by requestAnimationFrame in the page, long tasks by PerformanceObserver, the
// heap by the DevTools protocol after a collection, so that it shows what is held. What the page's
// thread does is told in its own processor time: what others do on the same cores is not in it.
import { createRequire } from "node:module";

const require = createRequire(new URL("../web/package.json", import.meta.url));
const { chromium } = require("playwright-core");
const [url, seconds] = [process.argv[2], Number(process.argv[3])];
const WARM_UP_MS = 6_000;
const HEAP_EVERY_MS = 5_000;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
const troubles = [];
page.on("pageerror", (error) => troubles.push(String(error)));
const opened = Date.now();
await page.goto(`${url}/#/traffic`);
await page.locator("[role=row][data-index]").first().waitFor();
const firstRowMs = Date.now() - opened;
await page.waitForTimeout(WARM_UP_MS);

const protocol = await page.context().newCDPSession(page);
await protocol.send("Performance.enable", { timeDomain: "threadTicks" });
const whole = await browser.newBrowserCDPSession();

/** Seconds of processor time so far: of the page's thread by what it does, of each process. */
async function spent() {
  const { metrics } = await protocol.send("Performance.getMetrics");
  const of = (name) => metrics.find((metric) => metric.name === name).value;
  const { processInfo } = await whole.send("SystemInfo.getProcessInfo");
  return {
    script: of("ScriptDuration"),
    layout: of("LayoutDuration") + of("RecalcStyleDuration"),
    thread: of("TaskDuration"),
    processes: processInfo.map(({ type, id, cpuTime }) => ({
      type,
      id,
      cpuTime,
    })),
  };
}
await page.evaluate(() => {
  const seen = { frames: [], tasks: [] };
  globalThis.seen = seen;
  let last = performance.now();
  const frame = (now) => {
    seen.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.tasks.push(entry.duration);
  }).observe({ type: "longtask" });
});

const before = await spent();
const heap = [];
const end = Date.now() + seconds * 1000;
while (Date.now() < end) {
  await page.waitForTimeout(Math.min(HEAP_EVERY_MS, end - Date.now()));
  await protocol.send("HeapProfiler.collectGarbage");
  const { metrics } = await protocol.send("Performance.getMetrics");
  heap.push(metrics.find(({ name }) => name === "JSHeapUsedSize").value);
}
const after = await spent();
const seen = await page.evaluate(() => globalThis.seen);
const footer = await page.locator("section.traffic footer").innerText();
const health = await (await page.request.get(`${url}/api/health`)).json();
console.log(
  JSON.stringify({
    seconds,
    first_row_ms: firstRowMs,
    frames: seen.frames,
    long_tasks: seen.tasks,
    heap_bytes: heap,
    spent: { before, after },
    footer: footer.replace(/\s+/g, " "),
    rows_written: health.store.rows_written,
    troubles,
  }),
);
await browser.close();
