// Writes src/gen: what the page shares with the rest of the product and must not differ from.
//   api.d.ts      shapes, from the server's OpenAPI document
//   oddities.ts   what each oddity of an HTTP exchange means, from the parsers' own tables
// npm run gen             writes both; asks the checkout's own Python for the document
// npm run gen -- --check  writes nothing; fails if a file is not what would be written
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const root = join(web, "..");

function openapi() {
  const venv = join(root, ".venv/bin/python");
  return execFileSync(existsSync(venv) ? venv : "python3", ["-m", "nautscan.api.openapi"], {
    encoding: "utf8",
    env: { ...process.env, PYTHONPATH: join(root, "src") },
  });
}

async function shapes() {
  const head = "// Generated from the server's OpenAPI document by `npm run gen`. Do not edit.\n\n";
  return head + astToString(await openapiTS(openapi(), { alphabetize: true }));
}

/** @param {string} source */
function readSource(source) {
  return readFileSync(join(root, source), "utf8");
}

/**
 * Name and meaning of HTTP/1's oddities: the rows of a macro.
 * @param {string} source
 * @returns {[string, string][]}
 */
function oddities1(source) {
  const table = /oddities! \{\n(.*?)\n\}/s.exec(readSource(source))?.[1] ?? "";
  const rows = [...table.matchAll(/^\s*\w+ ("\w+") ("(?:[^"\\]|\\.)*"),$/gm)];
  return rows.map(([, name = '""', meaning = ""]) => [JSON.parse(name), meaning]);
}

/**
 * The same of HTTP/2: pairs of a constant, or a name, and its meaning.
 * @param {string} source
 * @returns {[string, string][]}
 */
function oddities2(source) {
  const text = readSource(source);
  const constants = new Map(
    [...text.matchAll(/const (\w+): &str = "(\w+)";/g)].map(([, name, value]) => [name, value]),
  );
  const table = /ODDITIES: [^=]*= &\[\n(.*?)\n\];/s.exec(text)?.[1] ?? "";
  const rows = [...table.matchAll(/\(\s*(\w+|"\w+"),\s*("(?:[^"\\]|\\.)*"),?\s*\)/g)];
  return rows.map(([, name = '""', meaning = ""]) => [
    constants.get(name) ?? JSON.parse(name),
    meaning,
  ]);
}

function oddities() {
  const folder = "crates/nautscan-core/src/proto";
  const sources = [`${folder}/http1/oddity.rs`, `${folder}/http2/oddity.rs`];
  const [first, second] = [
    oddities1(`${folder}/http1/oddity.rs`),
    oddities2(`${folder}/http2/oddity.rs`),
  ];
  if (first.length === 0 || second.length === 0)
    throw new Error(`${sources.join(", ")}: a table of oddities cannot be read`);
  const known = new Map([...second, ...first]);
  const lines = [...new Map([...first, ...second]).keys()].map(
    (name) => `  ${name}: ${known.get(name)},`,
  );
  return [
    `// Generated from ${sources.join(" and ")} by \`npm run gen\`. Do not edit.`,
    "",
    "export const ODDITIES: Readonly<Record<string, string>> = {",
    ...lines,
    "};",
    "",
  ].join("\n");
}

const files = { "api.d.ts": await shapes(), "oddities.ts": oddities() };
for (const [name, text] of Object.entries(files)) {
  const file = join(web, "src/gen", name);
  if (!process.argv.includes("--check")) {
    writeFileSync(file, text);
  } else if (!existsSync(file) || readFileSync(file, "utf8") !== text) {
    console.error(`web/src/gen/${name} is out of date: run \`npm run gen\` in web/.`);
    process.exitCode = 1;
  }
}
