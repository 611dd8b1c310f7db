// Plays scenarios of one script, one after the other: node run.mjs SCRIPT. Each line on standard
// input names a scenario and the folder for its pictures; the answer to it is a line with what
// went wrong, or null. Takes from the environment: URL of NautScan, and what else the script needs.
// One browser serves them all, since starting it takes longer than most scenarios; each gets a
// profile of its own.
import { join } from "node:path";
import { createInterface } from "node:readline";
import { launch, profile, Visit } from "./tools.mjs";

const [script] = process.argv.slice(2);
const scenarios = await import(`./${script}.mjs`);
const browser = await launch();

async function play(name) {
  const context = await profile(browser);
  const visit = new Visit(context, process.env.URL);
  try {
    await scenarios[name](visit);
    visit.assertNothingBroke();
    return null;
  } catch (error) {
    await visit.picture(join(process.env.PICTURES, `${script}-${name}.png`));
    return [error.stack, ...visit.troubles].join("\n");
  } finally {
    await context.close();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { scenario, pictures } = JSON.parse(line);
  process.env.PICTURES = pictures;
  process.stdout.write(`${JSON.stringify({ failed: await play(scenario) })}\n`);
}
await browser.close();
