// Writes src/gen: what the page shares with the rest of the product and must not differ from.
//   api.d.ts      shapes, from the server's OpenAPI document
//   oddities.ts   what each oddity of a protocol means, from the engine's registry
// npm run gen             writes both; asks the checkout's own Python, and its engine
// npm run gen -- --check  writes nothing; fails if a file is not what would be written
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const root = join(web, "..");

/** @param {string[]} command */
function python(...command) {
  const venv = join(root, ".venv/bin/python");
  return execFileSync(existsSync(venv) ? venv : "python3", command, {
    encoding: "utf8",
    env: { ...process.env, PYTHONPATH: join(root, "src") },
  });
}

async function shapes() {
  const document = python("-m", "nautscan.api.openapi");
  const head = "// Generated from the server's OpenAPI document by `npm run gen`. Do not edit.\n\n";
  return head + astToString(await openapiTS(document, { alphabetize: true }));
}

const REGISTRY = `
import json
from nautscan import _engine
print(json.dumps([[p["name"], p["oddities"]] for p in _engine.protocols()]))
`;

/** By code; where protocols mean different things by one, by protocol and code. */
function oddities() {
  /** @type {Map<string, [protocol: string, meaning: string][]>} */
  const byCode = new Map();
  for (const [protocol, found] of JSON.parse(python("-c", REGISTRY)))
    for (const [code, meaning] of found)
      byCode.set(code, [...(byCode.get(code) ?? []), [protocol, meaning]]);
  if (byCode.size === 0) throw new Error("the engine's registry names no oddity");
  const lines = [...byCode].flatMap(([code, told]) => {
    const [meaning, ...others] = new Set(told.map(([, text]) => text));
    const named =
      others.length === 0
        ? [[code, meaning]]
        : told.map(([protocol, text]) => [`${protocol}.${code}`, text]);
    return named.map(([key, text]) => `  ${JSON.stringify(key)}: ${JSON.stringify(text)},`);
  });
  return [
    "// Generated from the engine's registry of protocols by `npm run gen`. Do not edit.",
    "",
    "export const ODDITIES: Readonly<Record<string, string>> = {",
    ...lines.toSorted(),
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
