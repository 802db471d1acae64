import { WebIO } from "@gltf-transform/core";
import { decode } from "fast-png";
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { EngineError } from "../../../src/engine/engine";
import type { Card } from "../../../src/engine/local/card";
import { exportFiles, FORMATS, usualVerticalScale } from "../../../src/engine/local/files/files";
import { packProject, unpackProject } from "../../../src/engine/local/files/project";

const card = {
  name: "model",
  gsd: 2000,
  textures: ["atlas"],
  default_texture: "atlas",
  classes: [
    { name: "water", rgb: [17, 141, 215] },
    { name: "grassland", rgb: [225, 227, 155] },
    { name: "forest", rgb: [127, 173, 123] },
  ],
} as unknown as Card;

const [width, height] = [7, 5];
const heights = Float32Array.from({ length: width * height }, (_, i) => (i % width) * 100);
const texture = Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 37) & 255);
const source = {
  card,
  gsd: 4000,
  version: "1",
  choices: { seed: 3, style: {}, texture: "atlas" },
  style: { relief: 0.5 },
  labels: new Uint8Array(width * height).fill(1).fill(0, 0, 7),
  terrain: { x: 0, y: 0, width, height, heights, texture, shaded: texture },
};

test("every format is written, and holds the terrain", async () => {
  const steps: string[] = [];
  const order = { formats: [...FORMATS], presets: [], options: {} };
  const files = unzipSync(
    await exportFiles(source, order, ({ doing }) => {
      steps.push(doing);
      return Promise.resolve();
    }),
  );
  expect(Object.keys(files).sort()).toEqual(
    ["height.png", "height.r16", "height.raw", "terrain.glb", "terrain.json", "terrain.mtl", "terrain.obj", "terrain.png", "terrain.stl", "texture.png"], // prettier-ignore
  );
  expect(steps).toEqual([...FORMATS, "terrain.zip"]);
  const map = decode(files["height.png"]!);
  const units = [...map.data].map((value) => (value * 600) / 65535);
  units.forEach((metres, i) => expect(metres).toBeCloseTo(heights[i]!, 1));
  const bare = new DataView(files["height.r16"]!.buffer, files["height.r16"]!.byteOffset);
  expect(bare.getUint16(2 * 3, true)).toBe(map.data[3]);
  expect([...decode(files["texture.png"]!).data]).toEqual([...texture]);
  const about = JSON.parse(new TextDecoder().decode(files["terrain.json"])) as Record<string, unknown>;
  expect(about).toMatchObject({
    seed: 3,
    land_share: 24 / 35, // the sea takes a row as painted, and a column as drawn
    class_shares: { water: 11 / 35, grassland: 24 / 35, forest: 0 },
    playable_km: null,
    gsd_m_per_px: 4000,
    height_range_m: { min: 0, max: 600 },
    vertical_scale: 5,
  });
  const lines = new TextDecoder().decode(files["terrain.obj"]).split("\n");
  expect(lines.filter((line) => line.startsWith("v ")).length).toBe(width * height);
  expect(lines.filter((line) => line.startsWith("f ")).length).toBe(2 * (width - 1) * (height - 1));
});

test("meshes at a size for a game are as many metres wide", async () => {
  const order = { formats: ["obj", "glb"], presets: [], options: { playable_km: 2.8, vertical_scale: 3 } };
  const files = unzipSync(await exportFiles(source, order, () => Promise.resolve()));
  // 28 km to 2.8: pixels of 400 m, and 100 m a column in height, three times as tall.
  const corner = new TextDecoder().decode(files["terrain.obj"]).split("\nv ")[2]!;
  expect(corner.split(" ").map(parseFloat)).toEqual([-800, 30, -800]);
  const document = await new WebIO().readBinary(files["terrain.glb"]!);
  expect(document.getRoot().listNodes()[0]!.getScale()).toEqual([1, 1, 1]);
  const about = JSON.parse(new TextDecoder().decode(files["terrain.json"])) as { files: object };
  expect(about).toMatchObject({ playable_km: 2.8, vertical_scale: 3 });
  expect(about.files).toMatchObject({ "terrain.obj": { units_per_m: 0.1 }, "terrain.glb": { units_per_m: 0.1 } });
});

test("the printed block is closed", async () => {
  const files = unzipSync(
    await exportFiles(source, { formats: ["stl"], presets: [], options: {} }, () => Promise.resolve()),
  );
  const view = new DataView(files["terrain.stl"]!.buffer, files["terrain.stl"]!.byteOffset);
  const edges = new Map<string, number>();
  for (let i = 0; i < view.getUint32(80, true); i++) {
    const corners = [1, 2, 3].map((corner) =>
      [0, 4, 8].map((at) => view.getFloat32(84 + 50 * i + 12 * corner + at, true).toFixed(3)).join(),
    );
    for (const [a, b] of [
      [0, 1],
      [1, 2],
      [2, 0],
    ] as const) {
      // prettier-ignore
      const edge = `${corners[a]} ${corners[b]}`;
      edges.set(edge, (edges.get(edge) ?? 0) + 1);
    }
  }
  // Each edge is passed once each way.
  for (const [edge, count] of edges) {
    expect(count).toBe(1);
    expect(edges.get(edge.split(" ").reverse().join(" "))).toBe(1);
  }
});

test("wide maps are shown taller", () => {
  expect([512, 1024, 2048, 20_000].map((km) => usualVerticalScale(km * 1000))).toEqual([5, 5, 7.9, 20]);
});

test("a project comes back as it was", () => {
  const labels = Uint8Array.from({ length: 72 * 64 }, (_, i) => i % 3);
  const guide = Float32Array.from({ length: 9 * 8 }, (_, i) => (i % 5 === 0 ? NaN : i / 2));
  const courses = [{ line: [[1, 2], [3, 4.5]], discharge: 7, name: "Ister" }]; // prettier-ignore
  const map = { width: 72, height: 64, labels, guide, courses, gsd: 3219 };
  const choices = { seed: 9, style: { relief: 1 }, texture: "atlas" };
  const opened = unpackProject(packProject(map, choices, { name: "Land" }, card), "a.spadeproj", card, 2048);
  expect(opened).toEqual({ ...map, choices, model: "model", settings: { name: "Land" } });
});

describe("what is no project is told of in words", () => {
  const map = { width: 64, height: 64, labels: new Uint8Array(64 * 64), guide: null };
  const choices = { seed: 9, style: {}, texture: "atlas" };
  const open = (bytes: Uint8Array) => () => unpackProject(bytes, "a.spadeproj", card, 100);

  test.each([
    [{ format: 2 }, /saved by a newer version of the studio. Load this page again/],
    [{ format: "1" }, /`format` is "1", not a whole number/],
    [{ seed: "abc" }, /`seed` is "abc", not a whole number/],
    [{ seed: 1.5 }, /`seed`/],
    [{ style: "x" }, /`style`/],
    [{ style: { relief: "1" } }, /`style`/],
    [{ texture: 3 }, /`texture`/],
    [{ gsd: -1 }, /`gsd` is -1, not metres above 0/],
    [{ courses: [{ x: 1 }] }, /`courses`/],
    [{ courses: [{ line: [[1, 2]], discharge: 7 }] }, /`courses`/],
    [{ settings: 5 }, /`settings` is 5, not an object/],
  ])("of %j in it", (change, why) => {
    const files = unzipSync(packProject(map, choices, {}, card));
    const orders = JSON.parse(strFromU8(files["project.json"]!)) as object;
    const changed = zipSync({ ...files, "project.json": strToU8(JSON.stringify({ ...orders, ...change })) });
    expect(open(changed)).toThrow(EngineError);
    expect(open(changed)).toThrow(why);
  });

  test.each(["null", "[1]", "{nope"])("of %s for its orders", (json) => {
    const files = unzipSync(packProject(map, choices, {}, card));
    expect(open(zipSync({ ...files, "project.json": strToU8(json) }))).toThrow(/^a\.spadeproj is not a project/);
  });

  test.each([
    [101, 64, /a\.spadeproj's map is 101 x 64 pixels, and 64 to 100 a side can be painted here; shrink it/],
    [64, 63, /enlarge it/],
  ])("of a map of %i x %i pixels", (width, height, why) => {
    const sized = { width, height, labels: new Uint8Array(width * height), guide: null };
    expect(open(packProject(sized, choices, {}, card))).toThrow(why);
  });

  test("of a file that is none", () => {
    expect(open(new Uint8Array(40))).toThrow(EngineError);
    expect(open(new Uint8Array(40))).toThrow(/a\.spadeproj is not a project/);
  });
});
