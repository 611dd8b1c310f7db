// Prints what a first visit loads: the entry script, what it imports statically, and the styles.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../src/nautscan/web");
const html = readFileSync(join(root, "index.html"), "utf8");
const files = [...html.matchAll(/(?:src|href)="\.\/([^"]+\.(?:js|css))"/g)].map((m) => m[1] ?? "");
const BUDGET = 200_000;

let scripts = 0;
for (const file of files) {
  const bytes = gzipSync(readFileSync(join(root, file))).length;
  if (file.endsWith(".js")) scripts += bytes;
  console.log(`${(bytes / 1000).toFixed(1).padStart(8)} kB gzip  ${file}`);
}
console.log(`${(scripts / 1000).toFixed(1).padStart(8)} kB gzip  initial JavaScript`);
if (scripts > BUDGET) {
  console.error(`The first load exceeds its budget of ${BUDGET / 1000} kB.`);
  process.exit(1);
}
