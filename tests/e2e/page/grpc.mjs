// Calls of gRPC and a request of HTTP/2. CALLS are what the client says: method, status, and the
// messages that it sent and got, which the page has to show by the schema.
import assert from "node:assert/strict";
import { join } from "node:path";
import { settles } from "./tools.mjs";

const CALLS = JSON.parse(process.env.CALLS ?? "[]");
const { PORT } = process.env;

const picture = (name) => join(process.env.PICTURES, `${name}.png`);

const filtered = (visit, page, filter) =>
  page.goto(`${visit.url}/#/traffic?filter=${encodeURIComponent(filter)}`);

/** The messages that the open tab of the pane shows, as values. */
const messages = (visit) =>
  visit
    .pane()
    .locator("ol li pre")
    .evaluateAll((found) => found.map((pre) => JSON.parse(pre.innerText)));

/** What the page may not show of a message. */
const hidden = (message) => ({ ...message, cardNumber: "[redacted]" });

export async function calls_show_their_messages(visit) {
  const page = await visit.open("#/traffic");
  await filtered(visit, page, `server_port = ${PORT}`);
  await settles(
    () => visit.rows().count(),
    (count) => assert.equal(count, CALLS.length),
  );
  const texts = await visit.rows().allInnerTexts();
  for (const [method, status] of CALLS)
    assert.ok(
      texts.some((text) => text.includes(method) && text.includes(status)),
      `${method} ${status} in ${JSON.stringify(texts)}`,
    );
  await visit.picture(picture("grpc-list"));

  for (const method of ["Find", "Watch", "Sum", "Both"]) {
    const [, , sent, received] = CALLS.find(
      ([name, status]) => name === method && status === "OK",
    );
    await filtered(
      visit,
      page,
      `server_port = ${PORT} and method = '${method}' and status = 0`,
    );
    await settles(
      () => visit.rows().count(),
      (count) => assert.equal(count, 1),
    );
    await visit.rows().first().click();
    await visit.pane().getByText(`/lab.Shop/${method}`).first().waitFor();
    await visit.pane().getByRole("tab", { name: "Request" }).click();
    await settles(
      () => messages(visit),
      (found) => assert.deepEqual(found, sent),
    );
    await visit.pane().getByText("lab.Item").waitFor();
    await visit.pane().getByRole("tab", { name: "Response" }).click();
    await settles(
      () => messages(visit),
      (found) => assert.deepEqual(found, received.map(hidden)),
    );
    await visit.pane().getByText("lab.Order").waitFor();
    if (method === "Watch") {
      await visit.assertAccessible("the messages of a call");
      await visit.picture(picture("grpc-messages"));
    }
    await page.keyboard.press("Escape");
  }
}

export async function a_call_that_failed_says_why(visit) {
  const page = await visit.open("#/traffic");
  await filtered(visit, page, `server_port = ${PORT} and error = 'NOT_FOUND'`);
  await visit.rows().first().waitFor();
  await visit.rows().first().click();
  const pane = visit.pane();
  await pane.getByText("It failed: NOT_FOUND").waitFor();
  await pane.getByText("no such item").first().waitFor();
  await pane.getByText("lab.Shop", { exact: true }).waitFor();
  await visit.picture(picture("grpc-failed"));
}

export async function a_request_of_http2_is_told_as_such(visit) {
  const page = await visit.open("#/traffic");
  await filtered(visit, page, "target = '/two' and version = '2'");
  await visit.rows().first().waitFor();
  await visit.rows().first().click();
  const pane = visit.pane();
  await pane.getByText("200").first().waitFor();
  await pane.getByRole("tab", { name: "Response" }).click();
  await pane.getByText('"two"').waitFor();
  await visit.picture(picture("http2"));
}
