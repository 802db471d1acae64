/** The studio's project file: a ZIP of `project.json`, `map.png` and perhaps `guide.tif`, as the program reads it. */
import { decode, encode } from "fast-png";
import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";
import { guideOnCells } from "../../../document/document";
import { type Choices, EngineError, GUIDE_CELL, type OpenedProject, type PaintedMap } from "../../engine";
import type { Card } from "../card";
import { checkSides } from "../limits";
import { FORMAT, readOrders } from "./orders";
import { decodeTiff, encodeTiff } from "./tiff";

const FILES = ["project.json", "map.png", "guide.tif"];
const LARGEST = 1 << 28; // bytes of one of them
const ADVICE = "Save the project again in the studio.";

export function packProject(
  map: PaintedMap,
  choices: Choices,
  settings: Record<string, unknown>,
  card: Card,
): Uint8Array {
  const { width, height, labels, guide, courses = null, gsd = null } = map;
  const orders = { format: FORMAT, ...choices, model: card.name, gsd, courses, settings };
  const palette = card.classes.map(({ rgb }) => rgb);
  const png = encode({ width, height, data: labels, depth: 8, channels: 1, palette });
  const columns = Math.ceil(width / GUIDE_CELL);
  return zipSync({
    "project.json": [strToU8(JSON.stringify(orders, null, 2)), { level: 6 }],
    "map.png": [png, { level: 0 }],
    ...(guide && { "guide.tif": [encodeTiff(guide, columns), { level: 6 }] }),
  });
}

/**
 * @param most - pixels of the longest side of its map.
 * @throws EngineError in words for the user.
 */
export function unpackProject(bytes: Uint8Array, name: string, card: Card, most: number): OpenedProject {
  try {
    const files = unzipSync(bytes, {
      filter: (file) => FILES.includes(file.name) && file.originalSize <= LARGEST,
    });
    const [json, png] = [files["project.json"], files["map.png"]];
    if (!json || !png) throw new Error("it has no project.json or no map.png");
    const orders = readOrders(strFromU8(json));
    if ((orders.format ?? FORMAT) > FORMAT) {
      throw new EngineError(
        `${name} was saved by a newer version of the studio. Load this page again, or open it there.`,
      );
    }
    const { width, height } = sidesOf(png); // before all of it is in memory
    checkSides(`${name}'s map`, width, height, most);
    const map = labelsOf(png, card);
    const tiff = files["guide.tif"];
    return {
      ...map,
      courses: orders.courses ?? null,
      gsd: orders.gsd ?? null,
      guide: tiff ? guideOf(tiff, map.width, map.height) : null,
      choices: {
        seed: orders.seed ?? 0,
        style: orders.style ?? {},
        texture: orders.texture ?? card.default_texture,
      },
      model: orders.model ?? null,
      settings: orders.settings ?? {},
    };
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new EngineError(`${name} is not a project that can be opened (${why}). ${ADVICE}`);
  }
}

/** A PNG's first chunk begins with them. */
function sidesOf(png: Uint8Array): { width: number; height: number } {
  if (png.length < 24) throw new Error("its map.png is cut short");
  const view = new DataView(png.buffer, png.byteOffset);
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

/** The labels of a picture of a palette that has the classes' colours. */
export function labelsOf(png: Uint8Array, card: Card): { width: number; height: number; labels: Uint8Array } {
  const { width, height, data, palette, depth } = decode(png);
  if (!palette) throw new Error("its map is not a picture of a palette");
  const key = (rgb: readonly number[]): string => rgb.slice(0, 3).join();
  const classes = new Map(card.classes.map(({ rgb }, index) => [key(rgb), index]));
  const byIndex = palette.map((rgb) => classes.get(key(rgb)));
  const labels = new Uint8Array(width * height);
  const stride = Math.ceil((width * depth) / 8);
  for (let i = 0; i < labels.length; i++) {
    const [x, y] = [i % width, Math.floor(i / width)];
    const byte = data[y * stride + ((x * depth) >> 3)]!;
    const label = byIndex[(byte >> (8 - depth - ((x * depth) & 7))) & ((1 << depth) - 1)];
    if (label === undefined) throw new Error("its map has a colour that is no class's");
    labels[i] = label;
  }
  return { width, height, labels };
}

function guideOf(tiff: Uint8Array, width: number, height: number): Float32Array {
  const { values, columns } = decodeTiff(tiff);
  return guideOnCells(values, columns, width, height);
}
