import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { mockServer } from "./test/mock/server";

/** The licences of what the page is made of, beside it. */
function licences(): Plugin {
  const libraries = ["preact", "@preact/signals", "three", "@fontsource-variable/inter"];
  return {
    name: "licences",
    apply: "build",
    generateBundle() {
      const text = libraries.map((name) => `${name}\n\n${readFileSync(`node_modules/${name}/LICENSE`, "utf8")}`);
      this.emitFile({ type: "asset", fileName: "LICENSES.txt", source: text.join("\n\n---\n\n") });
    },
  };
}

// `npm run dev` answers by itself; with STUDIO=http://127.0.0.1:PORT it asks a real server.
const studio = process.env["STUDIO"];

export default defineConfig(({ mode }) => ({
  plugins: [licences(), ...(mode === "mock" && !studio ? [mockServer()] : [])],
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  server: studio ? { proxy: { "/api": { target: studio, changeOrigin: true, headers: { origin: studio } } } } : {},
  build: {
    outDir: "../src/spade_terrain/studio/page",
    emptyOutDir: true,
    rollupOptions: { input: ["index.html", "docs.html"] },
    target: "es2022",
    // The page's Content-Security-Policy knows no data: addresses for scripts, styles and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
  },
  test: { include: ["test/**/*.test.ts"], benchmark: { include: ["bench/*.bench.ts"] } },
}));
