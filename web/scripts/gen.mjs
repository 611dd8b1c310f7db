// Writes src/gen/api.d.ts from the server's OpenAPI document.
// npm run gen             asks the checkout's own Python for the document
// npm run gen -- --check  writes nothing; fails if the file is not what would be written
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const venv = join(web, "../.venv/bin/python");

function document() {
  const python = existsSync(venv) ? venv : "python3";
  return execFileSync(python, ["-m", "nautscan.api.openapi"], {
    encoding: "utf8",
    env: { ...process.env, PYTHONPATH: join(web, "../src") },
  });
}

const types = astToString(await openapiTS(document(), { alphabetize: true }));
const head = "// Generated from the server's OpenAPI document by `npm run gen`. Do not edit.\n\n";
const file = join(web, "src/gen/api.d.ts");
if (!process.argv.includes("--check")) {
  writeFileSync(file, head + types);
} else if (readFileSync(file, "utf8") !== head + types) {
  console.error(
    "web/src/gen/api.d.ts is not what the server describes: run `npm run gen` in web/.",
  );
  process.exitCode = 1;
}
