/** A stand-in for the studio's server: the same calls, answered with simple land. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import { type Container, decode, encode, take } from "../../src/engine/container";
import type { Capabilities, Rect } from "../../src/engine/engine";
import { carve } from "./carve";
import { CLASSES, fractal, landAt } from "./land";

/** What the server sends with the page. */
export const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const choice = (name: string, label: string, about: string, detail = false) => ({
  name,
  label,
  about,
  detail,
  lacking: null,
});

export const MODEL: Capabilities = {
  name: "stand-in",
  version: "0.1.0",
  gsd: 2000,
  stride: 32,
  halo: 64,
  classes: CLASSES.map(({ name, rgb }) => ({ name, rgb })),
  textures: ["atlas", "satellite"],
  default_texture: "satellite",
  guided: true,
  style: ["elevation", "relief", "lightness", "greenness"],
  style_limit: 3,
  max_size: 2048,
  max_window: 1024,
  formats: [
    choice("glb", "GLB", "One file with mesh and texture, for nearly any 3D program"),
    choice("obj", "OBJ", "Mesh, material and texture"),
    choice("geotiff", "GeoTIFF", "Heights as 32-bit float, for GIS and Blender"),
    choice("png", "PNG", "Texture, and heights as 16-bit grey"),
    choice("rivers", "Rivers", "Lines with discharge, and where water runs", true),
  ],
  presets: [
    choice("unity", "Unity", "RAW heightmap and texture, with how to import them"),
    choice("unreal", "Unreal Engine", "16-bit heightmap at a size that Landscape takes"),
    choice("godot", "Godot", "EXR heights for Terrain3D"),
  ],
  templates: ["Continent", "Archipelago", "Valley"].map((label) => ({
    name: label.toLowerCase(),
    label,
    width: 512,
    height: 512,
  })),
  details: [1, 2, 4, 8, 16],
  details_lacking: null,
  largest_detail: 4096,
  legends: ["azgaar"],
};

function terrain({ header, arrays }: Container): Container {
  const [rows, columns] = arrays["labels"]!.shape as [number, number];
  const { seed, texture: drawn, turn } = header as { seed: number; texture: string; turn: number };
  const origin = (header["origin"] as Rect | undefined) ?? { x: 0, y: 0 };
  const window = (header["window"] as Rect | null) ?? { ...origin, width: columns, height: rows };
  const part = { labels: take({ header, arrays }, "labels", Uint8Array), width: columns, height: rows, origin };
  const { x, y, width, height } = window;
  const texture = new Uint8Array(width * height * 3);
  const shaded = new Uint8Array(width * height * 3);
  const heights = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      const { metres, rgb } = landAt(part, x + column, y + row, seed);
      heights[at] = metres;
      const uphill = (heights[at - 1 - width] ?? metres) - metres;
      const light = column > 0 && row > 0 ? Math.max(0.5, Math.min(1.3, 1 - uphill / 900)) : 1;
      const pale = drawn === "atlas" ? 0.45 : 0;
      for (let channel = 0; channel < 3; channel++) {
        const colour = rgb[channel]! * (1 - pale) + 235 * pale;
        texture[at * 3 + channel] = colour;
        shaded[at * 3 + channel] = Math.min(255, colour * light);
      }
    }
  }
  return {
    header: { x, y, width, height, turn, seed },
    arrays: {
      texture: { shape: [height, width, 3], data: texture },
      height: { shape: [height, width], data: heights },
      shaded: { shape: [height, width, 3], data: shaded },
    },
  };
}

function template(name: string): Container {
  const side = 512;
  const labels = new Uint8Array(side * side);
  const seed = name.length;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const centre = Math.hypot((x - 256) / 230, (y - 256) / 200);
      const land = fractal(x / 4, y / 4, seed) * 1.3 + 0.75 - centre ** 2;
      const wet = fractal(x / 5 + 900, y / 5, seed + 3);
      const high = land + 0.35 * fractal(x / 2.5, y / 2.5 + 500, seed + 7);
      const low = y < 110 ? 6 : wet > 0.28 ? 2 : wet < 0.02 && y > 280 ? 4 : 1;
      labels[y * side + x] = land < 0.35 ? 0 : high > 1.12 ? 5 : high > 0.98 ? 3 : low;
    }
  }
  return { header: { width: side, height: side }, arrays: { labels: { shape: [side, side], data: labels } } };
}

function body(request: IncomingMessage): Promise<ArrayBuffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => resolve(new Uint8Array(Buffer.concat(chunks)).buffer));
  });
}

function answer(response: ServerResponse, what: object, status = 200): void {
  const binary = "arrays" in what;
  response.writeHead(status, { "Content-Type": binary ? "application/octet-stream" : "application/json" });
  response.end(binary ? encode(what as Container) : JSON.stringify(what));
}

let looks = 0; // at the job that is running
let ordered: Container; // of the job that is running

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = request.url!.replace(/^\/api\//, "").replace(/\?.*$/, "");
  if (path === "model") return answer(response, MODEL);
  if (path === "terrain") return answer(response, terrain(decode(await body(request))));
  if (path.startsWith("templates/")) return answer(response, template(path.slice(10)));
  if (path === "export" || path === "detail") {
    ordered = decode(await body(request));
    return answer(response, { job: `${(looks = 0)}` }, 202);
  }
  if (path.endsWith("/terrain")) return answer(response, carve(ordered));
  if (path.endsWith("/zip")) return void response.end("PK");
  if (path.startsWith("export/") || path.startsWith("detail/")) {
    const done = Math.min(9, looks++);
    const state = done === 9 ? "done" : "working";
    const doing = path.startsWith("export/") ? "mesh.glb" : "carving";
    return answer(response, { state, done, of: 9, doing, error: null, seconds_left: (9 - done) * 0.4 });
  }
  if (path === "import") {
    const { arrays } = template("continent");
    return answer(response, { header: { name: "dropped.png", notes: ["Colours matched."] }, arrays });
  }
  if (path === "project/open") return answer(response, decode(await body(request)));
  if (path === "project") return void response.end(Buffer.from(await body(request)));
  return answer(response, { error: `no such call: ${path}` }, 404);
}

export function mockServer(): Plugin {
  const serve = (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    if (request.url?.startsWith("/api/")) void handle(request, response);
    else next();
  };
  return {
    name: "mock-studio",
    configureServer: (server) => void server.middlewares.use(serve),
    configurePreviewServer: (server) => {
      server.middlewares.use((request, response, next) => {
        response.setHeader("Content-Security-Policy", POLICY);
        serve(request, response, next);
      });
    },
  };
}
