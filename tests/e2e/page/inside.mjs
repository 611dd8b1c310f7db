// Capture inside a real container, from the page: `orders` asks itself at 127.0.0.1, once a second.

export async function what_a_container_says_to_itself_is_seen(visit) {
  const page = await visit.open("#/containers");
  await page.getByRole("button", { name: /^orders/ }).click();
  const inside = visit.pane().getByRole("button", { name: "Capture inside" });
  await inside.click();
  await page.getByText("Capturing inside orders").waitFor();
  await visit
    .pane()
    .getByRole("button", { name: "Stop capturing inside" })
    .waitFor();
  await visit.assertAccessible("a container that is captured inside");

  const own = "interface = 'lo@orders' and target like '/index.html?itself%'";
  await page.goto(`${visit.url}/#/traffic?filter=${encodeURIComponent(own)}`);
  await visit.row("/index.html?itself").first().waitFor();

  await page.goto(`${visit.url}/#/containers`);
  await page.getByRole("button", { name: /^orders/ }).click();
  await visit
    .pane()
    .getByRole("button", { name: "Stop capturing inside" })
    .click();
  await page.getByText("No longer inside orders").waitFor();
}
