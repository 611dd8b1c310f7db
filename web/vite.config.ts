import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a running NautScan. */
const server = process.env["NAUTSCAN_URL"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [svelte()],
  base: "./",
  build: {
    outDir: "../src/nautscan/web",
    emptyOutDir: true,
    target: "es2022",
    // Fonts stay files: a data: URL would need a looser content security policy.
    assetsInlineLimit: 0,
    license: { fileName: "licenses.md" },
  },
  server: {
    proxy: {
      "/api": { target: server, ws: true, changeOrigin: true, headers: { origin: server } },
      "/docs": { target: server, changeOrigin: true },
    },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
