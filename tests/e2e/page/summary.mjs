// What the flow's side says of a protocol without requests. ADDRESS was pinged three times.
import assert from "node:assert/strict";

const ADDRESS = process.env.ADDRESS ?? "";

export async function a_flow_tells_what_its_protocol_says(visit) {
  const filter = `protocol = 'icmp' and server_ip = '${ADDRESS}'`;
  const page = await visit.open(`#/flows?filter=${encodeURIComponent(filter)}`);
  const row = visit.rows().first();
  await row.waitFor();
  assert.match(await row.innerText(), /icmp/);
  await row.click();
  const section = visit.pane().locator("section", {
    has: page.getByRole("heading", { name: "What the protocol tells" }),
  });
  await section.waitFor();
  const text = await section.innerText();
  assert.match(text, /Messages\s+Echo: 3\s+Echo Reply: 3/);
  assert.match(text, /Answered\s+3/);
  assert.match(text, /Least round trip\s+[\d.]+ (µs|ms)/);
}
