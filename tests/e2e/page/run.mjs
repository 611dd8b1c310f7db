// Runs one scenario: node run.mjs SCRIPT SCENARIO. Takes from the environment: URL of NautScan,
// PICTURES (a folder), and what else the script needs. Exit code 1 if the scenario fails.
import { join } from "node:path";
import { launch, Visit } from "./tools.mjs";

const [script, name] = process.argv.slice(2);
const scenario = (await import(`./${script}.mjs`))[name];
const browser = await launch();
const visit = new Visit(browser, process.env.URL);
try {
  await scenario(visit);
  visit.assertNothingBroke();
} catch (error) {
  console.error(error.stack);
  console.error(visit.troubles.join("\n"));
  await visit.picture(join(process.env.PICTURES, `${script}-${name}.png`));
  process.exitCode = 1;
} finally {
  await browser.close();
}
