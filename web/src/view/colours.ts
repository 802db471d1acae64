/** Labels and heights as colours. */
import { DRY, LAKE, type TerrainClass } from "../engine/engine";
import type { Land } from "../live/land";

/** RGBA of each label, as the bytes of an `ImageData` lie in memory (little-endian). */
export function paletteOf(classes: readonly TerrainClass[]): Uint32Array {
  return Uint32Array.from(classes, ({ rgb: [r, g, b] }) => (0xff000000 | (b << 16) | (g << 8) | r) >>> 0);
}

/** Metres, and the colour of ground that high. */
export const HEIGHT_STOPS: readonly (readonly [number, readonly [number, number, number]])[] = [
  [0, [94, 139, 106]],
  [200, [146, 171, 118]],
  [600, [204, 199, 142]],
  [1200, [196, 161, 110]],
  [2200, [156, 116, 88]],
  [3500, [150, 138, 134]],
  [5000, [222, 220, 218]],
  [7000, [255, 255, 255]],
];
const SEA: readonly [number, number, number] = [126, 163, 187];
const STRENGTH = 7; // of the pale relief
const STEP = 10; // metres an entry of the table
const TABLE = makeTable();

function makeTable(): Uint32Array {
  const highest = HEIGHT_STOPS.at(-1)![0];
  return Uint32Array.from({ length: highest / STEP + 1 }, (_, at) => packed(rampColour(at * STEP)));
}

function rampColour(metres: number): readonly [number, number, number] {
  const above = HEIGHT_STOPS.findIndex(([stop]) => stop >= metres);
  if (above === 0) return HEIGHT_STOPS[0]![1];
  const [low, from] = HEIGHT_STOPS[above - 1]!;
  const [high, to] = HEIGHT_STOPS[above]!;
  const part = (metres - low) / (high - low);
  return [0, 1, 2].map((channel) => from[channel]! + (to[channel]! - from[channel]!) * part) as [
    number,
    number,
    number,
  ];
}

function packed([r, g, b]: readonly [number, number, number]): number {
  return (0xff000000 | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;
}

/** RGBA of ground at that height; the sea, at 0 m and below, is blue. */
export function heightColour(metres: number): number {
  if (metres <= 0) return packed(SEA);
  return TABLE[Math.min(TABLE.length - 1, Math.round(metres / STEP))]!;
}

const PAPER = [244, 240, 230] as const;
const LAKE_BLUE = packed([165, 199, 221]);
const SEA_BLUE = packed([203, 221, 231]);
const GREYS = Uint32Array.from({ length: 256 }, (_, at) => {
  const [r, g, b] = PAPER.map((channel) => Math.min(255, channel * (0.5 + at / 255))) as [number, number, number];
  return packed([r, g, b]);
});

/** The RGBA of land as the ground of a map of its rivers: only water and a pale relief, lit from the north-west. */
export function paperOf({ heights, width, detail, carved }: Land, gsd: number): (at: number) => number {
  const diagonal = (2 * Math.SQRT2 * gsd) / detail; // metres
  return (at) => {
    const metres = heights[at]!;
    if (carved?.water[at] === LAKE) return LAKE_BLUE;
    if (carved ? carved.water[at] !== DRY : metres <= 0) return SEA_BLUE;
    const slope = ((heights[at + width + 1] ?? metres) - (heights[at - width - 1] ?? metres)) / diagonal;
    return GREYS[Math.round(110 + 70 * Math.tanh(STRENGTH * slope))]!;
  };
}
