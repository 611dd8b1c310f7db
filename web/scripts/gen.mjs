// Writes src/gen: what the page shares with the rest of the product and must not differ from.
//   api.d.ts      shapes, from the server's OpenAPI document
//   oddities.ts   what each oddity of an HTTP/1 exchange means, from the parser's own table
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

function oddities() {
  const source = "crates/nautscan-core/src/proto/http1/oddity.rs";
  const table =
    /oddities! \{\n(.*?)\n\}/s.exec(readFileSync(join(root, source), "utf8"))?.[1] ?? "";
  const rows = [...table.matchAll(/^\s*\w+ ("\w+") ("(?:[^"\\]|\\.)*"),$/gm)];
  if (rows.length === 0) throw new Error(`${source} has no table of oddities that can be read`);
  const lines = rows.map(([, name, meaning]) => `  ${JSON.parse(name ?? "")}: ${meaning},`);
  return [
    `// Generated from ${source} by \`npm run gen\`. Do not edit.`,
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
