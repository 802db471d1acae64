import { readFileSync } from "node:fs";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { mockServer } from "./test/mock/server";

/** The licences of what the page is made of, beside it. */
function licences(): Plugin {
  const of = (name: string): string => `node_modules/${name}/LICENSE`;
  const texts = {
    preact: of("preact"),
    "@preact/signals": of("@preact/signals"),
    three: of("three"),
    "@fontsource-variable/inter": of("@fontsource-variable/inter"),
    "onnxruntime-web": "licences/onnxruntime-web.txt", // it comes without
    "fast-png": of("fast-png"),
    fflate: of("fflate"),
    tiff: of("tiff"),
    "@gltf-transform/core": `${of("@gltf-transform/core")}.md`,
  };
  return {
    name: "licences",
    apply: "build",
    generateBundle() {
      const text = Object.entries(texts).map(
        ([name, file]) => `${name}

${readFileSync(file, "utf8")}`,
      );
      this.emitFile({ type: "asset", fileName: "LICENSES.txt", source: text.join("\n\n---\n\n") });
    },
  };
}

// `npm run dev` answers by itself; with STUDIO=http://127.0.0.1:PORT it asks a real server.
const studio = process.env["STUDIO"];

export default defineConfig(({ mode }) => ({
  plugins: [licences(), ...(mode === "mock" && !studio ? [mockServer()] : [])],
  base: "./", // a site may lie at any path
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  server: studio ? { proxy: { "/api": { target: studio, changeOrigin: true, headers: { origin: studio } } } } : {},
  build: {
    outDir: "../src/spade_terrain/studio/page",
    emptyOutDir: true,
    target: "es2022",
    // The page's Content-Security-Policy knows no data: addresses for scripts, styles and fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    rollupOptions: {
      input: { index: "index.html", docs: "docs.html", offline: "src/offline/offline.ts" },
      // A service worker has to lie beside the page that it serves.
      output: { entryFileNames: ({ name }) => (name === "offline" ? "offline.js" : "assets/[name]-[hash].js") },
    },
  },
  worker: { format: "es" },
  test: { include: ["test/**/*.test.ts"], benchmark: { include: ["bench/*.bench.ts"] } },
}));
