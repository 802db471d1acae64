/** Files of a terrain, by the formats that the page can write itself; their names and meaning are the program's. */
import { Zip, ZipDeflate, ZipPassThrough } from "fflate";
import { encode } from "fast-png";
import { WATER } from "../../../document/document";
import type { Choices, ExportOrder, Progress, TerrainWindow } from "../../engine";
import type { Card } from "../card";
import { glb, GLB_UNIT } from "./glb";
import { type Mesh, meshOf } from "./mesh";
import { mtl, obj } from "./obj";
import { BASE_MM, LONGEST_MM, stl } from "./stl";

const TOP = 0xffff;
const USUAL_SCALE = 5; // how much taller than they are heights are shown, of a map of a country
const COUNTRY_M = 1024e3;
const MESH_PIXELS = 2048 * 2048;

/** Formats that the page writes. */
export const FORMATS = ["texture", "terrain", "height", "r16", "raw", "obj", "glb", "stl"] as const;

export interface Source {
  card: Card;
  /** Metres a pixel. */
  gsd: number;
  version: string;
  choices: Choices;
  style: Record<string, number>;
  labels: Uint8Array;
  terrain: TerrainWindow;
}

type Entry = Record<string, unknown>;
type Files = Record<string, Uint8Array>;

/** One ZIP of what was ordered. */
export async function exportFiles(
  source: Source,
  { formats, options }: ExportOrder,
  tell: (progress: Omit<Progress, "secondsLeft">) => Promise<void>,
): Promise<Uint8Array> {
  const wanted = FORMATS.filter((name) => formats.includes(name) || (name === "texture" && formats.includes("obj")));
  const { width, height } = source.terrain;
  const longer = Math.max(width, height) * source.gsd;
  const vertical = options.vertical_scale ?? usualVerticalScale(longer);
  const scale = options.playable_km ? (options.playable_km * 1000) / longer : 1;
  const about: Record<string, Entry> = {};
  const files: Files = {};
  const add = (name: string, bytes: Uint8Array, said: Entry): void => {
    files[name] = bytes;
    about[name] = said;
  };
  let surface: Mesh | null = null;
  const mesh = (): Mesh =>
    (surface ??= meshOf(source.terrain.heights, width, height, scale * source.gsd, scale * vertical));
  const unit = options.playable_km ? 1 : GLB_UNIT;
  for (const [i, name] of wanted.entries()) {
    await tell({ done: i, of: wanted.length + 1, doing: name });
    await WRITERS[name]({ source, vertical, scale, unit, mesh, add });
  }
  await tell({ done: wanted.length, of: wanted.length + 1, doing: "terrain.zip" });
  files["terrain.json"] = new TextEncoder().encode(JSON.stringify(sidecar(source, vertical, options, about), null, 2));
  return zipped(files);
}

interface Job {
  source: Source;
  vertical: number;
  /** Metres in meshes for each metre of ground. */
  scale: number;
  /** What a metre of the mesh is in a GLB. */
  unit: number;
  mesh: () => Mesh;
  add: (name: string, bytes: Uint8Array, said: Entry) => void;
}

const WRITERS: Record<(typeof FORMATS)[number], (job: Job) => void | Promise<void>> = {
  texture: ({ source, add }) =>
    add("texture.png", picture(source.terrain.texture, source), { is: "the ground's colour without shadows, sRGB" }),
  terrain: ({ source, add }) =>
    add("terrain.png", picture(source.terrain.shaded, source), {
      is: "the texture with shading lit from the north-west, sRGB",
    }),
  height: ({ source, add }) => {
    const { width, height } = source.terrain;
    const bytes = encode({ width, height, data: heightUnits(source), depth: 16, channels: 1 });
    add("height.png", bytes, { is: "height above the sea, linear, 16-bit grey", ...units(source) });
  },
  r16: (job) => bare(job, "height.r16"),
  raw: (job) => bare(job, "height.raw"),
  obj: ({ mesh, vertical, scale, add }) => {
    add("terrain.obj", joined(obj(mesh(), vertical)), {
      is: "mesh whose vertices are pixels, coloured by texture.png",
      ...surfaceSaid(mesh(), vertical, scale),
    });
    add("terrain.mtl", mtl(), { is: "material of terrain.obj" });
  },
  glb: async ({ source, mesh, vertical, scale, unit, add }) =>
    add("terrain.glb", await glb(mesh(), picture(source.terrain.texture, source), unit, vertical), {
      is: "mesh whose vertices are pixels, texture included, binary glTF 2.0",
      ...surfaceSaid(mesh(), vertical, unit * scale),
    }),
  stl: ({ source, mesh, vertical, add }) => {
    const { width, height } = source.terrain;
    add("terrain.stl", stl(mesh()), {
      is: "mesh on a watertight block, for printing",
      axes: "X east, Y north, Z up; the sea at Z = 0",
      unit: "millimetre",
      mm_per_km: (LONGEST_MM / ((Math.max(width, height) - 1) * source.gsd)) * 1000,
      vertical_scale: vertical,
      base_mm: BASE_MM,
    });
  },
};

/** What is said of a file of the mesh, in which a metre of ground is `unitsPerM`. */
const surfaceSaid = (mesh: Mesh, vertical: number, unitsPerM: number): Entry => ({
  axes: "X east, Y up, Z south; right-handed; the middle of the map at X = Z = 0, the sea at Y = 0",
  units_per_m: unitsPerM,
  vertical_scale: vertical,
  vertices: mesh.vertices.length / 3,
  triangles: mesh.faces.length / 3,
});

/** Whether a map of that size can be a mesh. */
export const fitsMesh = (width: number, height: number): boolean => width * height <= MESH_PIXELS;

/** How many times as tall as they are heights are shown: mountains grow no taller on a wider map. */
export function usualVerticalScale(longer: number): number {
  const scale = USUAL_SCALE * Math.max(longer / COUNTRY_M, 1) ** (2 / 3);
  return Number(Math.min(Math.max(scale, 1), 20).toPrecision(2));
}

function picture(rgb: Uint8Array, { terrain: { width, height } }: Source): Uint8Array<ArrayBuffer> {
  return encode({ width, height, data: rgb, depth: 8, channels: 3 }) as Uint8Array<ArrayBuffer>;
}

const highest = ({ terrain }: Source): number => terrain.heights.reduce((most, metres) => Math.max(most, metres), 0);
const units = (source: Source): Entry => ({
  bits: 16,
  metres_per_unit: highest(source) / TOP || 1,
  sea_level_value: 0,
});

/** Heights as whole numbers: the sea is 0, the highest land 65535. */
function heightUnits(source: Source): Uint16Array {
  const unit = highest(source) / TOP || 1;
  return Uint16Array.from(source.terrain.heights, (metres) => Math.min(Math.round(metres / unit), TOP));
}

function bare({ source, add }: Job, name: string): void {
  const values = heightUnits(source);
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint16(2 * i, value, true));
  add(name, bytes, {
    is: "height above the sea, linear, bare 16-bit numbers from the north-west",
    byte_order: "little-endian",
    header_bytes: 0,
    columns: source.terrain.width,
    rows: source.terrain.height,
    ...units(source),
  });
}

function sidecar(
  source: Source,
  vertical: number,
  options: ExportOrder["options"],
  files: Record<string, Entry>,
): Record<string, unknown> {
  const { card, gsd, terrain, choices } = source;
  // As the terrain drew it: the model may draw bays into painted land.
  const labels = source.labels.map((label, i) => (terrain.heights[i]! > 0 ? label : WATER));
  const shares = card.classes.map(({ name }, index): [string, number] => [
    name,
    labels.reduce((count, label) => count + (label === index ? 1 : 0), 0) / labels.length,
  ]);
  const { width, height, heights } = terrain;
  const km = { east_west: (width * gsd) / 1000, north_south: (height * gsd) / 1000 };
  return {
    generator: { name: "spade-terrain", version: source.version },
    model: card.name,
    seed: choices.seed,
    style: source.style,
    texture: choices.texture,
    width_px: width,
    height_px: height,
    gsd_m_per_px: gsd,
    extent_km: km,
    orientation: "row 0 is north, column 0 is west",
    vertical_scale: vertical,
    vertical_scale_is: options.vertical_scale === undefined ? "the usual one for the map's extent" : "as asked",
    playable_km: options.playable_km ?? null,
    height_range_m: { min: heights.reduce((least, metres) => Math.min(least, metres), Infinity), max: highest(source) },
    land_share: 1 - (shares[WATER]?.[1] ?? 0),
    class_shares: Object.fromEntries(shares),
    files: { "terrain.json": { is: "this description" }, ...files },
  };
}

function joined(parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

const PIECE = 1 << 20; // bytes that are packed at once, for the page to stay awake

/** PNG is packed already. */
async function zipped(files: Files): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const archive = new Zip((error, part) => {
    if (error) throw error;
    parts.push(part);
  });
  for (const [name, bytes] of Object.entries(files)) {
    const file = name.endsWith(".png") ? new ZipPassThrough(name) : new ZipDeflate(name, { level: 6 });
    archive.add(file);
    for (let at = 0; at < bytes.length; at += PIECE) {
      file.push(bytes.subarray(at, at + PIECE), at + PIECE >= bytes.length);
      await new Promise((resolve) => setTimeout(resolve));
    }
  }
  archive.end();
  return joined(parts);
}
