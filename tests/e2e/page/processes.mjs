// Processes of real containers: `orders` serves with httpd, `web` has asked it.
import assert from "node:assert/strict";
import { settles } from "./tools.mjs";

export async function container_tells_its_processes(visit) {
  const page = await visit.open("#/containers");
  await page.getByRole("button", { name: /^orders/ }).click();
  const pane = visit.pane();
  const processes = pane.locator("section", {
    has: page.getByRole("heading", { name: "Processes with sockets" }),
  });
  await processes.getByText("httpd", { exact: true }).first().waitFor();
  await processes
    .getByText(/pid \d+/)
    .first()
    .waitFor();
  await settles(
    () => processes.innerText(),
    (found) => assert.match(found, /\*:80/),
  );
  await visit.assertAccessible("the processes of a container");
}

export async function row_tells_the_process_behind_it(visit) {
  const filter = "server_command = 'httpd'";
  const page = await visit.open(
    `#/traffic?filter=${encodeURIComponent(filter)}`,
  );
  await visit.rows().first().click();
  const pane = visit.pane();
  await pane
    .getByRole("tab", { name: /Connection|Process/ })
    .first()
    .click();
  const processes = pane.locator("section", {
    has: page.getByRole("heading", { name: "Processes" }),
  });
  await processes.getByRole("button", { name: "httpd" }).waitFor();
  await visit.assertAccessible("the process behind a request");
}
