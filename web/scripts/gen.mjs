// Writes src/gen/api.d.ts from the server's OpenAPI document.
// Usage: npm run gen [-- FILE]   FILE is a saved document; otherwise the command in
// NAUTSCAN_OPENAPI is run (default: the checkout's own Python) and its output is taken.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const venv = join(web, "../.venv/bin/python");

function document() {
  const file = process.argv[2];
  if (file) return readFileSync(file, "utf8");
  const python = existsSync(venv) ? venv : "python3";
  return execFileSync(python, ["-m", "nautscan.api.openapi"], {
    encoding: "utf8",
    env: { ...process.env, PYTHONPATH: join(web, "../src") },
  });
}

const types = astToString(await openapiTS(document(), { alphabetize: true }));
const head = "// Generated from the server's OpenAPI document by `npm run gen`. Do not edit.\n\n";
writeFileSync(join(web, "src/gen/api.d.ts"), head + types);
