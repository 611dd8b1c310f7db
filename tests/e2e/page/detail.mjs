// A request in full. TARGET is an HTTP server behind the captured INTERFACE.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { settles, until } from "./tools.mjs";

const { TARGET } = process.env;
let number = 0;
const fresh = (name) => `/detail/${name}-${process.pid}-${(number += 1)}`;

/** A pixel of see-through PNG. */
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** Like fetch, over a connection of its own: one that fetch opens may carry others' requests. */
async function overItsOwn(address, { body, ...options }) {
  const asked = request(address, { ...options, agent: false });
  asked.end(body);
  const [answer] = await once(asked, "response");
  return new Response(await answer.toArray().then(Buffer.concat));
}

async function opened(visit, path, init = {}, send = fetch) {
  const page = visit.page ?? (await visit.open());
  // An open request holds the list still: from the last one back to the newest.
  await page.keyboard.press("Escape");
  await page.keyboard.press("G");
  await send(TARGET + path, init).then((answer) => answer.text());
  await visit.row(path).first().waitFor();
  await visit.row(path).first().click();
  await visit.pane().getByText(`${TARGET}${path}`).waitFor();
  // The whole request is here: what copies need.
  await visit.pane().locator('[title="Copy as curl"]:enabled').waitFor();
  return page;
}

async function copied(visit, name) {
  const { page } = visit;
  await page
    .getByRole("button", { name: "Copy or keep in another form" })
    .click();
  await page.getByRole("menuitem", { name: `Copy as ${name}` }).click();
  await page.getByRole("menu").waitFor({ state: "detached" });
  return page.evaluate(() => navigator.clipboard.readText());
}

/** Runs a copy; the request that it sends must be seen as another row like the first. */
async function runsAgain(visit, path, command, argument) {
  const seen = async () =>
    (
      await (
        await fetch(
          `${visit.url}/api/requests?${new URLSearchParams({ filter: `target = '${path}'` })}`,
        )
      ).json()
    ).requests;
  const before = (await seen()).length;
  execFileSync(command, ["-c", argument], { encoding: "utf8", stdio: "pipe" });
  const rows = await until(async () => {
    const found = await seen();
    return found.length > before ? found : null;
  }, `the copy was sent again by ${command}`);
  const [again, first] = [rows[0], rows.at(-1)];
  for (const column of ["method", "host", "target", "status", "request_bytes"])
    assert.equal(again[column], first[column], column);
}

export async function copies_send_the_request_again(visit) {
  const path = `${fresh("copy")}?a=1&b=%20x`;
  await opened(visit, path, {
    method: "PUT",
    headers: { "content-type": "text/plain", "x-mark": `it's "quoted"` },
    body: 'süß $HOME `x`\n{"a": "b\\n"}',
  });
  await runsAgain(visit, path, "sh", await copied(visit, "curl"));
  await runsAgain(visit, path, "python3", await copied(visit, "Python"));
  assert.equal(await copied(visit, "URL"), `${TARGET}${path}`);

  const [entry] = JSON.parse(await copied(visit, "HAR")).log.entries;
  assert.equal(entry.request.url, `${TARGET}${path}`);
  assert.equal(entry.request.postData.text, 'süß $HOME `x`\n{"a": "b\\n"}');
  assert.deepEqual(entry.request.queryString, [
    { name: "a", value: "1" },
    { name: "b", value: " x" },
  ]);
  assert.equal(entry.response.status, 200);
  assert.match(entry.response.content.text, /12345678901234567890/);
  assert.ok(entry.time > 0 && entry.timings.wait > 0);
}

export async function request_is_kept_as_a_file(visit) {
  const path = fresh("file");
  const page = await opened(visit, path);
  const kept = async (item) => {
    await page
      .getByRole("button", { name: "Copy or keep in another form" })
      .click();
    const download = page.waitForEvent("download");
    await page.getByRole("menuitem", { name: item }).click();
    const file = await download;
    return [file.suggestedFilename(), readFileSync(await file.path())];
  };
  const [harName, har] = await kept("Keep as a file");
  assert.match(harName, /\.har$/);
  assert.equal(
    JSON.parse(har.toString()).log.entries[0].request.url,
    TARGET + path,
  );
  const [name, packets] = await kept("Packets of its flow");
  assert.match(name, /^nautscan-flow-\d+\.pcapng$/);
  assert.equal(packets.readUInt32BE(0), 0x0a0d0d0a);
  assert.ok(packets.includes(`GET ${path} HTTP/1.1`));
}

export async function bodies_are_shown_by_their_type(visit) {
  const path = fresh("body");
  const ask = (type, text) =>
    opened(visit, `${path}/${type.replace(/\W/g, "-")}-${(number += 1)}`, {
      headers: {
        "x-want-type": type,
        "x-want-body": Buffer.from(text, "latin1").toString("base64"),
      },
    });
  const body = async () => {
    await visit.pane().getByRole("tab", { name: "Response" }).click();
    await visit.pane().getByRole("button", { name: "Hex" }).waitFor();
  };

  const page = await ask("application/xml", "<a><b>x</b><c/></a>");
  await body();
  assert.equal(
    await visit.pane().locator("pre").innerText(),
    "<a>\n  <b>x</b>\n  <c/>\n</a>",
  );
  await visit.pane().getByRole("button", { name: "Raw" }).click();
  assert.equal(
    await visit.pane().locator("pre").innerText(),
    "<a><b>x</b><c/></a>",
  );

  await ask("application/x-www-form-urlencoded", "name=J%C3%BCrgen&b=x+y");
  await body();
  await visit.pane().getByRole("button", { name: "Fields" }).click();
  await visit.pane().getByText("Jürgen").waitFor();
  await visit.pane().getByText("x y").waitFor();

  await ask(
    "multipart/form-data; boundary=xx",
    '--xx\r\nContent-Disposition: form-data; name="first"\r\n\r\nhello part\r\n--xx--\r\n',
  );
  await body();
  await visit.pane().getByText('form-data; name="first"').waitFor();
  await settles(
    () => visit.pane().locator("pre").innerText(),
    (found) => assert.equal(found, "hello part"),
  );

  await ask("image/png", Buffer.from(PNG, "base64").toString("latin1"));
  await body();
  await visit.pane().getByText("1 × 1 pixels").waitFor();
  await visit.assertAccessible("an image");
  await visit.pane().getByRole("button", { name: "Hex" }).click();
  assert.match(
    (await visit.pane().locator(".hex").innerText()).replace(/\s/g, ""),
    /^000089504e47/,
  );

  // Not an image at all: said, and nothing breaks.
  await ask("image/png", "no picture");
  await body();
  await visit
    .pane()
    .getByRole("button", { name: /^(Image|Raw)$/ })
    .first()
    .click();
  await visit.pane().getByText("not an image that the browser").waitFor();
  assert.ok(page);
}

export async function packets_lead_to_the_request_and_back(visit) {
  const path = fresh("packets");
  const page = await opened(visit, path, {}, overItsOwn);
  await visit.pane().getByRole("tab", { name: "Packets" }).click();
  const packet = visit.pane().locator("li button", { hasText: "PSH" }).first();
  await packet.waitFor();
  await visit.assertAccessible("packets of a request");
  await packet.click();
  await settles(
    () => page.inputValue("#filter"),
    (found) => assert.match(found, /^flow_id = \d+$/),
  );
  await visit.pane().locator("details").first().waitFor();
  await until(
    async () => (await visit.rows().count()) >= 4,
    "the packets of the flow are listed",
  );
  await visit.pane().getByRole("button", { name: "Its flow" }).click();
  await visit.pane().getByText("Round trip to the client").waitFor();
  await visit.pane().locator("ol li").first().waitFor();
  await page.goBack();
  await visit.pane().getByRole("button", { name: "Its requests" }).click();
  await visit.row(path).waitFor();
}

export async function rows_are_stepped_through_with_the_pane_open(visit) {
  const mark = fresh("step");
  for (const at of [1, 2, 3])
    await fetch(`${TARGET}${mark}/${at}`).then((answer) => answer.text());
  const page = await visit.open(
    `#/traffic?${new URLSearchParams({ filter: `target like '${mark}%'` })}`,
  );
  // Where the last row has not come yet, there is none to step to.
  await visit.row(`${mark}/3`).waitFor();
  await visit.row(`${mark}/1`).click();
  await visit.pane().getByText(`${mark}/1`).first().waitFor();
  await page.keyboard.press("j");
  await visit.pane().getByText(`${mark}/2`).first().waitFor();
  await visit.pane().getByRole("button", { name: "Next row" }).click();
  await visit.pane().getByText(`${mark}/3`).first().waitFor();
  await page.keyboard.press("k");
  await visit.pane().getByText(`${mark}/2`).first().waitFor();
}

export async function stream_of_a_flow_is_followed_searched_and_kept(visit) {
  const path = fresh("follow");
  const posted = {
    method: "POST",
    body: "needle in a haystack",
    headers: { "x-want-status": "201" },
  };
  const page = await opened(visit, path, posted, overItsOwn);
  await visit.pane().getByRole("tab", { name: "Packets" }).click();
  await visit.pane().getByRole("button", { name: "Follow stream" }).click();
  const dialog = page.getByRole("dialog", { name: /^Stream of flow \d+/ });
  const lines = dialog.locator("[role=row][data-index]");
  await lines.filter({ hasText: `POST ${path} HTTP/1.1` }).waitFor();
  await lines.filter({ hasText: "HTTP/1.1 201" }).waitFor();
  await visit.assertAccessible("a stream");
  const texts = await lines.allInnerTexts();
  const at = (part) => texts.findIndex((text) => text.includes(part));
  assert.ok(
    at("POST ") < at("needle in") && at("needle in") < at("HTTP/1.1 201"),
  );

  await dialog.getByLabel("Search the stream").last().fill("NEEDLE");
  await dialog.getByText("1 of 2").waitFor();
  await settles(
    () => dialog.locator("mark.chosen").innerText(),
    (found) => assert.equal(found, "needle"),
  );
  await dialog.getByRole("button", { name: "Hex" }).click();
  await lines.filter({ hasText: "50 4f 53 54 20" }).waitFor();
  await dialog.getByRole("button", { name: "Server", exact: true }).click();
  await lines.filter({ hasText: "48 54 54 50 2f" }).first().waitFor();
  assert.equal(await lines.filter({ hasText: "50 4f 53 54 20" }).count(), 0);
  await dialog.getByText("1 of 1").waitFor();

  const download = page.waitForEvent("download");
  await dialog.getByRole("link", { name: "Bytes" }).first().click();
  const kept = await download;
  assert.match(kept.suggestedFilename(), /^nautscan-flow-\d+-client\.bin$/);
  const bytes = readFileSync(await kept.path(), "utf8");
  assert.ok(bytes.startsWith(`POST ${path} HTTP/1.1`));
  assert.ok(bytes.endsWith("needle in a haystack"));
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
}
