// Prints what a first visit loads before the page works: the document, the scripts and styles that it
// names, and what those import at once. Exit code 1 over the budget. Fonts come after and are shown
// in the system's letters until then, so they are not counted.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const BUDGET = 200_000;
const root = join(dirname(fileURLToPath(import.meta.url)), "../../src/nautscan/web");
const html = readFileSync(join(root, "index.html"), "utf8");

/** @type {Set<string>} */
const files = new Set(["index.html"]);
/** @param {string} file */
function add(file) {
  if (files.has(file)) return;
  files.add(file);
  if (!file.endsWith(".js")) return;
  const text = readFileSync(join(root, file), "utf8");
  // import … from "./x.js" and import "./x.js"; not import("./x.js"), which waits until it is needed.
  for (const match of text.matchAll(/\b(?:from|import)\s*"(\.\/[^"]+\.js)"/g))
    add(join(dirname(file), match[1] ?? ""));
}
for (const match of html.matchAll(/(?:src|href)="\.\/([^"]+\.(?:js|css))"/g)) add(match[1] ?? "");

let sum = 0;
for (const file of files) {
  const bytes = gzipSync(readFileSync(join(root, file))).length;
  sum += bytes;
  console.log(`${(bytes / 1000).toFixed(1).padStart(8)} kB gzip  ${file}`);
}
console.log(`${(sum / 1000).toFixed(1).padStart(8)} kB gzip  first load`);
if (sum > BUDGET) {
  console.error(`The first load exceeds its budget of ${BUDGET / 1000} kB.`);
  process.exit(1);
}
