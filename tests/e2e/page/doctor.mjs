// The doctor under the honesty badge: the real one, and one whose patient is worse off.
import assert from "node:assert/strict";
import { NARROW, settles, until, WIDE } from "./tools.mjs";

const COMMAND = "sudo setcap cap_net_raw=ep /opt/nautscan/bin/python3";

const check = (id, state, title, remedy = "") => ({
  id,
  state,
  title,
  remedy,
  found: `What was seen of ${title.toLowerCase()}.`,
  why: "Why it matters.",
  facts: {},
  where: "sensor",
});

const ILL = {
  state: "failed",
  counts: { ok: 1, warning: 1, failed: 1, unknown: 1 },
  checks: [
    check("library.version", "ok", "Capture library"),
    check("clock.synchronised", "warning", "Clock", "Keep it right."),
    check("capture.loopback", "unknown", "A test packet is seen"),
    check(
      "rights.capture",
      "failed",
      "Right to capture",
      `Give the right to the interpreter:\n    ${COMMAND}\nOr run it as root:\n    sudo nautscan serve`,
    ),
  ],
  version: "0.0.0",
  platform: "linux",
  time: "2026-01-31T12:00:00.000000000Z",
  source: "live",
};

const dialog = (page) =>
  page.getByRole("dialog", { name: "Is this all there was?" });
const list = (page) =>
  dialog(page).getByRole("list", { name: "What the doctor found" });

async function open(visit, options) {
  const page = await visit.open("#/traffic", options);
  await page.keyboard.press("h");
  await list(page).locator("li").first().waitFor();
  return page;
}

async function openIll(visit, options) {
  await visit.context.route("**/api/doctor", (route) =>
    route.fulfill({ json: ILL }),
  );
  return open(visit, options);
}

export async function real_doctor_saw_its_test_packet(visit) {
  const page = await open(visit);
  const item = list(page).locator('[data-check="capture.loopback"]');
  await item.waitFor();
  await settles(
    () => item.innerText(),
    (found) => assert.match(found, /A test packet is seen/),
  );
  const summary = item.locator("summary");
  await settles(
    () => item.locator(".more").isVisible(),
    (found) => assert.equal(found, false),
  );
  await summary.focus();
  await page.keyboard.press("Enter");
  await item.getByText(/was captured on lo after/).waitFor();
  await item.getByText("seen by the sensor").waitFor();
  await list(page).locator('[data-check="storage.database"]').waitFor();
}

export async function what_failed_comes_first_and_is_open(visit) {
  const page = await openIll(visit);
  await dialog(page)
    .getByText("1 failed, 1 to note, 1 not known, 1 fine.")
    .waitFor();
  const ids = await list(page)
    .locator("li")
    .evaluateAll((items) => items.map(({ dataset }) => dataset.check));
  assert.deepEqual(ids, [
    "rights.capture",
    "clock.synchronised",
    "capture.loopback",
    "library.version",
  ]);
  const shown = await list(page)
    .locator("details")
    .evaluateAll((items) => items.map(({ open }) => open));
  assert.deepEqual(shown, [true, true, false, false]);
  // A state is told in words too, not by colour alone.
  assert.match(
    await list(page).locator("summary").first().textContent(),
    /Failed:\s*Right to capture/,
  );
}

export async function remedy_is_copied_from_the_keyboard(visit) {
  const page = await openIll(visit);
  const failed = list(page).locator('[data-check="rights.capture"]');
  await failed.locator("summary").focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText(/copied/i).waitFor();
  assert.equal(
    await page.evaluate(() => navigator.clipboard.readText()),
    COMMAND,
  );
  assert.deepEqual(await failed.locator("code").allInnerTexts(), [
    COMMAND,
    "sudo nautscan serve",
  ]);
}

export async function looking_again_asks_again(visit) {
  const page = await openIll(visit);
  await visit.context.unroute("**/api/doctor");
  const mended = { ...ILL, counts: { ...ILL.counts, failed: 0, ok: 2 } };
  mended.checks = ILL.checks.map((one) =>
    one.id === "rights.capture" ? { ...one, state: "ok", remedy: "" } : one,
  );
  await visit.context.route("**/api/doctor", (route) =>
    route.fulfill({ json: mended }),
  );
  await dialog(page).getByRole("button", { name: "Look again" }).click();
  await dialog(page).getByText("1 to note, 1 not known, 2 fine.").waitFor();
  await visit.context.unroute("**/api/doctor");
}

export async function doctor_that_cannot_be_asked_says_so(visit) {
  await visit.context.route("**/api/doctor", (route) =>
    route.fulfill({
      status: 503,
      json: {
        error: {
          code: "sensor_unavailable",
          message: "The sensor is away.",
          remedy: "Wait.",
          detail: {},
        },
      },
    }),
  );
  const page = await visit.open();
  await page.keyboard.press("h");
  await dialog(page).getByText("The sensor is away.").waitFor();
  await dialog(page).getByText("Wait.").waitFor();
  visit.expectStatus(503);
}

export async function doctor_comes_first_where_nothing_is_captured(visit) {
  const page = await openIll(visit);
  const loss = dialog(page).getByText("Kernel drops", { exact: true });
  /** Whether the doctor stands above the losses; null while it moves. */
  const isAbove = async () => {
    const boxes = await Promise.all(
      [list(page), loss].map((part) => part.boundingBox()),
    );
    return boxes.includes(null) ? null : boxes[0].y < boxes[1].y;
  };
  assert.equal(await isAbove(), false, "loss comes first while it captures");
  await fetch(`${visit.url}/api/packets/stop`, { method: "POST" });
  try {
    await until(isAbove, "the doctor comes first once it does not");
  } finally {
    await fetch(`${visit.url}/api/packets/start`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
  }
}

async function fits(visit, options) {
  const page = await openIll(visit, options);
  for (const summary of await list(page).locator("summary").all())
    if (!(await summary.locator("..").evaluate(({ open }) => open)))
      await summary.click();
  const wide = await page
    .locator(".sheet")
    .evaluate((sheet) => sheet.scrollWidth - sheet.clientWidth);
  assert.ok(wide <= 0, `${wide} pixels stick out`);
  await until(
    async () => (await list(page).locator(".more:visible").count()) === 4,
    "all four are open",
  );
  await visit.assertAccessible(`the doctor, ${options.theme}`);
}

export async function doctor_is_accessible_dark(visit) {
  await fits(visit, { size: WIDE, theme: "dark" });
}

export async function doctor_is_accessible_light_and_narrow(visit) {
  await fits(visit, { size: NARROW, theme: "light" });
}

export async function doctor_is_accessible_dark_and_narrow(visit) {
  await fits(visit, { size: NARROW, theme: "dark" });
}
