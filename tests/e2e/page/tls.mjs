// What the flow's side says of TLS. HANDSHAKES are what the clients of this test agreed with a real
// server: `first` and `again` of TLS 1.2, the second by the first one's session, and `new` of 1.3.
import assert from "node:assert/strict";
import { settles } from "./tools.mjs";

const HANDSHAKES = JSON.parse(process.env.HANDSHAKES ?? "{}");

/** The facts of the section TLS of a flow, by their names. */
async function facts(visit, page, { port }) {
  await page.goto(
    `${visit.url}/#/flows?filter=${encodeURIComponent(`client_port = ${port} and tls_version is not null`)}`,
  );
  await visit.rows().first().click();
  const section = visit
    .pane()
    .locator("section", { has: page.getByRole("heading", { name: "TLS" }) });
  await section.waitFor();
  return section
    .locator("dt")
    .evaluateAll((names) =>
      Object.fromEntries(
        names.map((name) => [
          name.innerText,
          name.nextElementSibling.innerText.trim(),
        ]),
      ),
    );
}

export async function a_flow_tells_its_handshake(visit) {
  const page = await visit.open("#/flows");
  const { first, again, new: latest } = HANDSHAKES;

  const old = await facts(visit, page, first);
  assert.equal(old["Version"], "TLSv1.2");
  // OpenSSL's names of suites of TLS 1.2 are not IANA's: the parts are the same.
  const parts = (name) =>
    name.split(/[-_]/).filter((part) => part !== "TLS" && part !== "WITH");
  for (const part of parts(first.cipher).filter((p) => !/^AES|^\d+$/.test(p)))
    assert.ok(
      parts(old["Cipher suite"]).includes(part),
      `${part} of ${first.cipher}`,
    );
  assert.equal(old["Protocols offered"], "h2,http/1.1");
  assert.equal(old["Protocol chosen"], first.alpn);
  assert.equal(old["Session"], "new");
  assert.match(old["Certificate of"], /tls\.example/);
  assert.match(old["Issued by"], /tls\.example/);
  assert.ok(Date.parse(old["Valid until"]) > Date.parse(old["Valid from"]));
  assert.match(old["JA3"], /^[0-9a-f]{32}$/);
  assert.match(old["JA4"], /^t12d\w+_[0-9a-f]{12}_[0-9a-f]{12}$/);
  await visit.pane().getByText("tls.example").first().waitFor();
  await visit.assertAccessible("the TLS facts of a flow");

  const resumed = await facts(visit, page, again);
  assert.equal(resumed["Session"], "taken up again");
  assert.equal(resumed["Certificate"], "not shown again");

  const now = await facts(visit, page, latest);
  assert.equal(now["Version"], "TLSv1.3");
  assert.equal(now["Cipher suite"], latest.cipher);
  assert.equal(now["Protocol chosen"], "encrypted");
  assert.equal(now["Certificate"], "encrypted");
  assert.match(now["JA4"], /^t13d/);

  // A value is a way to others of its kind.
  await visit.pane().getByText(now["JA4"]).click();
  await settles(
    () => page.inputValue("#filter"),
    (found) => assert.match(found, /tls_ja4 = 't13d/),
  );
}
