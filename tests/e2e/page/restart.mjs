// The server ends and begins again while the page is open. RESTART: a file; making it asks for that.
import { writeFileSync } from "node:fs";
import assert from "node:assert/strict";
import { settles, until } from "./tools.mjs";

const { TARGET, RESTART } = process.env;
const fresh = (name) => `/restart/${name}-${process.pid}`;
const ask = (path) => fetch(TARGET + path).then((answer) => answer.text());

export async function rows_of_another_database_are_not_mixed_in(visit) {
  const page = await visit.open();
  const [before, after] = [fresh("old"), fresh("new")];
  await ask(before);
  await visit.row(before).waitFor();
  writeFileSync(RESTART, "");
  const notice = page.getByText("The connection to the server is lost");
  await notice.waitFor({ timeout: 60_000 });
  await notice.waitFor({ state: "detached", timeout: 60_000 });
  await visit.connected();
  await until(async () => {
    await ask(after);
    return (await visit.row(after).count()) > 0;
  }, "what the other server captures appears");
  await settles(
    () => visit.row(before).count(),
    (found) => assert.equal(found, 0),
  );
  forgiven(visit);
}

/** What the browser says about a server that is not there is no fault of the page. */
function forgiven(visit) {
  visit.troubles = visit.troubles.filter(
    (text) => !/ERR_CONNECTION|WebSocket|ERR_EMPTY|ERR_INCOMPLETE/.test(text),
  );
}

export async function page_comes_back_when_its_server_does(visit) {
  const page = await visit.open();
  const [before, after] = [fresh("before"), fresh("after")];
  await ask(before);
  await visit.row(before).waitFor();
  await until(
    async () =>
      (
        await (await fetch(`${visit.url}/api/requests?limit=50`)).text()
      ).includes(before),
    "the server has stored it",
  );
  writeFileSync(RESTART, "");
  const notice = page.getByText("The connection to the server is lost");
  await notice.waitFor({ timeout: 60_000 });
  await notice.waitFor({ state: "detached", timeout: 60_000 });
  await visit.connected();
  await until(async () => {
    await ask(after);
    return (await visit.row(after).count()) > 0;
  }, "what is captured after the restart appears by itself");
  await settles(
    () => visit.row(before).count(),
    (found) => assert.equal(found, 1),
  );
  forgiven(visit);
}
