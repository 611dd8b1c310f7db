// A capture file is dropped on the page of a running demo, looked at, and deleted. FILE is the
// capture; PACKETS and REQUESTS are what is in it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { NARROW, until } from "./tools.mjs";

const { FILE, PACKETS, REQUESTS } = process.env;
/** As the page writes it: with a thin space between thousands. */
const number = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");

/** Drops a file on the place, as a person does with the mouse. */
async function drop(page, name, content) {
  const data = await page.evaluateHandle(
    ([title, encoded]) => {
      const bytes = Uint8Array.from(atob(encoded), (sign) =>
        sign.charCodeAt(0),
      );
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], title));
      return transfer;
    },
    [name, content.toString("base64")],
  );
  const place = page.locator("main");
  await place.waitFor();
  for (const kind of ["dragenter", "dragover", "drop"])
    await place.dispatchEvent(kind, { dataTransfer: data });
}

export async function uploadAndLook(visit) {
  const page = await visit.open("#/flows");
  const name = basename(FILE);

  // What is no capture is refused in words, wherever it is dropped, and nothing is left of it.
  await drop(page, "cat.gif", Buffer.from("GIF89a and more"));
  await page.getByText("cat.gif is not a capture file").waitFor();
  visit.expectStatus(422);

  await drop(page, name, readFileSync(FILE));
  const row = page.locator("[data-upload=ready]").filter({ hasText: name });
  await row.getByText(`${number(PACKETS)} packets`).waitFor();
  await row.getByText(`${number(REQUESTS)} requests`).waitFor();
  await visit.assertAccessible("uploads");

  // Opened, it is a source of its own: its rows, and a label that they are not live.
  await row.getByRole("button", { name: `Open: ${name}` }).click();
  const label = page.getByRole("note", { name: "What is looked at" });
  await label.getByText(name).waitFor();
  const source = new URL(page.url().replace("#/", "")).searchParams.get(
    "source",
  );
  assert.match(source, /^[0-9a-f]{12}$/);
  await page.getByText(`${number(REQUESTS)} shown, all of them`).waitFor();
  await visit.rows().first().click();
  await visit.pane().getByRole("tab").first().waitFor();
  await visit.assertAccessible("the requests of a file");

  // A link to it says the same in another tab.
  await page.goto(`${visit.url}/#/overview?source=${source}`);
  await page.reload();
  await label.getByText(name).waitFor();
  await until(() => page.url().includes("from="), "the range of the file");
  await page.locator(".tops").getByText("Endpoints").waitFor();
  await page.keyboard.press("4");
  await page.getByText("A capture file does not tell of containers").waitFor();
  await page.keyboard.press("5");
  await visit.rows().first().waitFor();
  await page.keyboard.press("6");
  await page.getByText("The packets of the file").waitFor();
  await visit.rows().first().click();
  await visit.pane().getByText("Ethernet").first().waitFor();

  await page.setViewportSize(NARROW);
  await page.goto(`${visit.url}/#/capture?source=${source}`);
  await row.waitFor();
  await visit.assertAccessible("uploads on a narrow screen");
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= NARROW.width, "nothing scrolls sideways");

  await label.getByRole("button", { name: "Back to live traffic" }).click();
  await until(() => !page.url().includes("source="), "live traffic");
  assert.equal(await label.count(), 0);

  await page.goto(`${visit.url}/#/capture`);
  await row.getByRole("button", { name: `Delete ${name}` }).click();
  await row.getByRole("button", { name: `Really delete ${name}` }).click();
  await until(async () => (await row.count()) === 0, "the file to be gone");
  const gone = await page.request.get(
    `${visit.url}/api/requests?source=${source}`,
  );
  assert.equal(gone.status(), 404);
}
