// The page on an origin of its own: it asks the API elsewhere, with the token that it was given.
import assert from "node:assert/strict";

const { API, TOKEN } = process.env;

/** Rows come live, and only from the API's origin. */
async function assertAlive(visit) {
  await visit.rows().first().waitFor();
  await visit.page.getByRole("note").filter({ hasText: "generated" }).waitFor();
  assert.equal(
    await visit.page.evaluate(() => location.search),
    "",
    "the token does not stay in the address",
  );
}

export async function the_token_in_the_address_is_enough(visit) {
  await visit.open(`?token=${TOKEN}#/traffic`);
  await assertAlive(visit);
  await visit.page.goto(`${visit.url}/#/packets`);
  await visit.rows().first().waitFor();
  const link = visit.page.getByRole("link", { name: "pcapng" });
  const address = new URL(await link.getAttribute("href"));
  assert.equal(address.origin, new URL(API).origin);
  const answer = await visit.page.evaluate(
    async (href) => (await fetch(href)).status,
    address.href,
  );
  assert.equal(answer, 200, "the export works by its link");
}

export async function without_a_token_the_page_asks_for_it(visit) {
  // Not `visit.open`, which waits for the connection and counts what the browser says of refusals.
  visit.page = await visit.context.newPage();
  await visit.page.goto(`${visit.url}/#/traffic`);
  await visit.page.getByLabel("Token").fill(TOKEN);
  await visit.page.getByRole("button", { name: "Open" }).click();
  await assertAlive(visit);
}
