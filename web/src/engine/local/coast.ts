/**
 * Painted land stays in one piece: a coast may move by some pixels, but no island goes and no isthmus is cut. What the
 * network has sunk stays sunk as far as it can be taken away without a change of topology; the rest is given back, with
 * a low relief of its own. `spade_terrain.generation.coast` explains it, and this makes the same of the same terrain.
 */
import { WATER } from "../../document/document";
import type { Rect } from "../engine";
import { noise } from "./noise";

const MAX_RETREAT = 4; // pixels that an open coast may move inland
const FILL = 8; // pixels that colours are carried inland, and that relief rises from the coast
/** Pixels around a place whose terrain can matter to it. */
export const REACH = 4 * MAX_RETREAT + 3 + FILL;
/** Pixels from land as far as which the sea may be other than far from it; shading reaches 3. */
const SHORE = 8;
/** Pixels around a place whose labels can matter to it. */
export const SHARE_RADIUS = 20;
const [ISLET, OPEN, LAKE] = [0.26, 0.3, 0.75] as const; // shares of land in the square of that radius
const AROUND = [[-1, 0], [-1, 1], [0, 1], [1, 1], [1, 0], [1, -1], [0, -1], [-1, -1]] as const; // prettier-ignore
const FLAT_M = 100;
const SHORE_M = 3;
const LOWEST_M = 0.5;
const SLOPE_M = [0, 60, 80, 130, 60, 200, 80]; // metres that islets rise a pixel from their coast, by class
const SPIT = 0.1;
const SHADING = 15 * 25;
const ANOTHER_SEED = 0xc2b2ae3d27d4eb4fn;
const NOISE_STRIDE = 4;

/** Terrain of a window, row by row; `keepTopology` changes it in place. */
export interface Pixels {
  /** Metres. */
  height: Float32Array;
  /** RGB. */
  texture: Uint8Array;
  shaded: Uint8Array;
}

export const emptyPixels = (count: number): Pixels => ({
  height: new Float32Array(count),
  texture: new Uint8Array(3 * count),
  shaded: new Uint8Array(3 * count),
});

/**
 * @param share - what `landShare` says of the window.
 * @param window - its place on the ground.
 * @param colours - of the classes, by which land is coloured where nothing else is known.
 */
export function keepTopology(
  pixels: Pixels,
  labels: Uint8Array,
  share: Float32Array,
  window: Rect,
  seed: bigint,
  gsd: number,
  colours: readonly (readonly number[])[],
): void {
  const count = labels.length;
  const land = mask(count, (i) => labels[i] !== WATER);
  const sunk = mask(count, (i) => land[i] && pixels.height[i]! <= 0);
  const flat = mask(count, (i) => land[i] && !sunk[i] && pixels.height[i]! < FLAT_M);
  if (!sunk.includes(1) && !flat.includes(1)) return;
  const isOpen = mask(count, (i) => share[i]! > OPEN && share[i]! < LAKE);
  const kept = thin(land, sunk, isOpen, window);
  const { width } = window;
  const grown = grow(
    mask(count, (i) => kept[i] && sunk[i]),
    width,
  );
  const sunkAndKept = mask(count, (i) => sunk[i] && grown[i]);
  const islet = (i: number): boolean => share[i]! < ISLET;
  const known = mask(
    count,
    (i) => land[i] && (pixels.height[i]! > SHORE_M || (flat[i] && islet(i) && pixels.height[i]! > LOWEST_M)),
  );
  const beside = grow(grow(sunkAndKept, width), width);
  const restored = mask(count, (i) => sunkAndKept[i] || (land[i] && !sunk[i] && !known[i] && beside[i])); // puddles, too
  const low = mask(count, (i) => restored[i] || (flat[i] && islet(i)));
  if (!low.includes(1)) return;
  const above = mask(count, (i) => (land[i] && !sunk[i]) || restored[i]);
  raise(pixels.height, low, above, labels, share, window, seed);
  colour(pixels.texture, labels, restored, known, width, colours);
  shade(pixels, low, width, gsd);
}

const mask = (count: number, is: (i: number) => unknown): Uint8Array => {
  const out = new Uint8Array(count);
  for (let i = 0; i < count; i++) out[i] = is(i) ? 1 : 0;
  return out;
};

/** The array with a border of a pixel, which is as the outermost ones are, or `fill`. */
function padded<T extends Uint8Array | Float32Array>(data: T, width: number, fill?: number): T {
  const height = data.length / width;
  const out = new (data.constructor as new (length: number) => T)((width + 2) * (height + 2));
  for (let y = 0; y < height + 2; y++) {
    const row = Math.min(Math.max(y - 1, 0), height - 1);
    for (let x = 0; x < width + 2; x++) {
      const inside = y > 0 && y <= height && x > 0 && x <= width;
      const column = Math.min(Math.max(x - 1, 0), width - 1);
      out[y * (width + 2) + x] = inside || fill === undefined ? data[row * width + column]! : fill;
    }
  }
  return out;
}

const offsetsOf = (width: number): number[] => AROUND.map(([down, right]) => down * width + right);

/** Whether a pixel can go, by which of its neighbours are land (a bit each): where its crossing number is 1. */
const SIMPLE = Array.from({ length: 256 }, (_, pattern) => {
  const water = (bit: number): boolean => !((pattern >> (bit % 8)) & 1);
  return [0, 2, 4, 6].filter((i) => water(i) && !(water(i + 1) && water(i + 2))).length === 1;
});

/**
 * Takes pixels that are `removable` from `land`, from its borders inwards, without a change of topology: up to
 * `MAX_RETREAT` deep where it `isOpen`, else one. The window's outermost pixels stay.
 */
export function thin(land: Uint8Array, removable: Uint8Array, isOpen: Uint8Array, window: Rect): Uint8Array {
  const { width, height } = window;
  const wide = width + 2;
  const ground = padded(land, width);
  const offsets = offsetsOf(wide);
  let left: number[] = [];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) if (removable[y * width + x]) left.push((y + 1) * wide + x + 1);
  }
  const parity = (at: number): number => at & 1; // also of numbers below 0
  const passOf = (i: number): number =>
    parity(Math.floor(i / wide) - 1 + window.y) * 2 + parity((i % wide) - 1 + window.x);
  for (let round = 0; round < MAX_RETREAT && left.length > 0; round++) {
    // Only what borders water as a round begins: so that a round goes one pixel deep, in whatever order.
    const border = left.filter((i) => offsets.some((offset) => !ground[i + offset]));
    const gone = new Set<number>();
    for (let pass = 0; pass < 4; pass++) {
      for (const i of border) {
        if (passOf(i) !== pass) continue;
        const pattern = offsets.reduce((bits, offset, bit) => bits | (ground[i + offset]! << bit), 0);
        if (SIMPLE[pattern]) {
          ground[i] = 0; // pixels of one pass are no neighbours
          gone.add(i);
        }
      }
    }
    left = left.filter((i) => !gone.has(i) && isOpen[(Math.floor(i / wide) - 1) * width + (i % wide) - 1]);
  }
  const out = new Uint8Array(land.length);
  for (let y = 0; y < height; y++) {
    const from = (y + 1) * wide + 1;
    out.set(ground.subarray(from, from + width), y * width);
  }
  return out;
}

/** Whether there is any land within `SHORE` of each cell of `side` pixels: further away the sea is even. */
export function shores(labels: Uint8Array, width: number, side: number): Uint8Array {
  const columns = width / side;
  let near: Uint8Array = new Uint8Array(labels.length / side ** 2);
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] !== WATER) near[Math.floor(i / width / side) * columns + Math.floor((i % width) / side)] = 1;
  }
  for (let reach = 0; reach < SHORE; reach += side) near = grow(near, columns);
  return near;
}

/** The mask and the eight pixels around each of it. */
function grow(set: Uint8Array, width: number): Uint8Array {
  const along = new Uint8Array(set.length);
  for (let y = 0; y < set.length; y += width) {
    for (let x = 0; x < width; x++) {
      const i = y + x;
      along[i] = set[i]! | (x > 0 ? set[i - 1]! : 0) | (x < width - 1 ? set[i + 1]! : 0);
    }
  }
  const out = along.slice();
  for (let i = width; i < out.length; i++) out[i]! |= along[i - width]!;
  for (let i = width; i < out.length; i++) out[i - width]! |= along[i]!;
  return out;
}

/** The share of land in the square of `SHARE_RADIUS` around each pixel; beyond the sides labels go on as at them. */
export function landShare(labels: Uint8Array, width: number): Float32Array {
  const height = labels.length / width;
  const side = 2 * SHARE_RADIUS + 1;
  const inside = (at: number, count: number): number => Math.min(Math.max(at, 0), count - 1);
  const along = new Int32Array(labels.length);
  const isLand = (i: number): number => (labels[i] === WATER ? 0 : 1);
  for (let y = 0; y < height; y++) {
    let sum = 0;
    for (let x = -SHARE_RADIUS; x < SHARE_RADIUS; x++) sum += isLand(y * width + inside(x, width));
    for (let x = 0; x < width; x++) {
      sum += isLand(y * width + inside(x + SHARE_RADIUS, width));
      along[y * width + x] = sum;
      sum -= isLand(y * width + inside(x - SHARE_RADIUS, width));
    }
  }
  const share = new Float32Array(labels.length);
  for (let x = 0; x < width; x++) {
    let sum = 0;
    for (let y = -SHARE_RADIUS; y < SHARE_RADIUS; y++) sum += along[inside(y, height) * width + x]!;
    for (let y = 0; y < height; y++) {
      sum += along[inside(y + SHARE_RADIUS, height) * width + x]!;
      share[y * width + x] = sum / (side * side);
      sum -= along[inside(y - SHARE_RADIUS, height) * width + x]!;
    }
  }
  return share;
}

/** Land that is `low` rises the more, the farther it is from its coast, and unevenly. */
function raise(
  height: Float32Array,
  low: Uint8Array,
  above: Uint8Array,
  labels: Uint8Array,
  share: Float32Array,
  window: Rect,
  seed: bigint,
): void {
  const { width } = window;
  const depth = new Uint8Array(above.length);
  let outer = mask(above.length, (i) => !above[i]);
  for (let step = 0; step < FILL; step++) {
    for (let i = 0; i < outer.length; i++) depth[i]! += 1 - outer[i]!;
    outer = grow(outer, width);
  }
  const uneven = smoothNoise(window, seed);
  low.forEach((is, i) => {
    if (!is) return;
    const slope = SLOPE_M[labels[i]!]! * (share[i]! < ISLET ? 1 : SPIT);
    const metres = slope * depth[i]! * Math.min(Math.max(0.5 + 0.5 * uneven[i]!, 0.1), 1.5);
    height[i] = Math.max(height[i]!, metres, 1);
  });
}

/** Noise of the ground at every fourth pixel, and between them linearly. */
function smoothNoise({ x: left, y: top, width, height }: Rect, seed: bigint): Float32Array {
  const x = Math.floor(left / NOISE_STRIDE);
  const y = Math.floor(top / NOISE_STRIDE);
  const wide = Math.floor((left + width - 1) / NOISE_STRIDE) - x + 2;
  const high = Math.floor((top + height - 1) / NOISE_STRIDE) - y + 2;
  const grid = noise(seed ^ ANOTHER_SEED, NOISE_STRIDE, 1, { x, y, width: wide, height: high });
  const out = new Float32Array(width * height);
  for (let j = 0; j < height; j++) {
    const row = Math.floor((top + j) / NOISE_STRIDE);
    const down = (top + j) / NOISE_STRIDE - row;
    for (let i = 0; i < width; i++) {
      const column = Math.floor((left + i) / NOISE_STRIDE);
      const right = (left + i) / NOISE_STRIDE - column;
      const at = (row - y) * wide + column - x;
      const between = (from: number): number => grid[from]! * (1 - right) + grid[from + 1]! * right;
      out[j * width + i] = between(at) * (1 - down) + between(at + wide) * down;
    }
  }
  return out;
}

/** Carries the texture of the land that is `known` into what was `restored`; then its class's colour. */
function colour(
  texture: Uint8Array,
  labels: Uint8Array,
  restored: Uint8Array,
  known: Uint8Array,
  width: number,
  classes: readonly (readonly number[])[],
): void {
  const wide = width + 2;
  const given = padded(known, width, 0);
  const colours = [0, 1, 2].map((c) => {
    const plane = new Float32Array(known.length);
    for (let i = 0; i < plane.length; i++) plane[i] = texture[3 * i + c]!;
    return padded(plane, width);
  });
  const places: number[] = [];
  for (let i = 0; i < restored.length; i++) if (restored[i]) places.push(i);
  const at = (i: number): number => (Math.floor(i / width) + 1) * wide + (i % width) + 1;
  for (const i of places) colours.forEach((plane, c) => (plane[at(i)] = classes[labels[i]!]![c]!));
  const offsets = offsetsOf(wide);
  let left = places.map(at);
  for (let step = 0; step < FILL && left.length > 0; step++) {
    const reached = left.filter((i) => offsets.some((offset) => given[i + offset]));
    const means = reached.map((i) => {
      const around = offsets.map((offset) => i + offset).filter((j) => given[j]);
      return colours.map((plane) => around.reduce((sum, j) => sum + plane[j]!, 0) / around.length);
    });
    reached.forEach((i, n) => {
      colours.forEach((plane, c) => (plane[i] = means[n]![c]!));
      given[i] = 1;
    });
    const done = new Set(reached);
    left = left.filter((i) => !done.has(i));
  }
  for (const i of places) colours.forEach((plane, c) => (texture[3 * i + c] = rint(plane[at(i)]!)));
}

/** Shades the texture where land is `low` by a light from the north-west. */
function shade({ height, texture, shaded }: Pixels, low: Uint8Array, width: number, gsd: number): void {
  const wide = width + 2;
  const metres = padded(height, width);
  low.forEach((is, i) => {
    if (!is) return;
    const at = (Math.floor(i / width) + 1) * wide + (i % width) + 1;
    const slope = metres[at + 1]! - metres[at - 1]! + metres[at + wide]! - metres[at - wide]!;
    const light = slope * (SHADING / (2 * gsd));
    for (let c = 0; c < 3; c++) shaded[3 * i + c] = Math.min(Math.max(rint(texture[3 * i + c]! + light), 0), 255);
  });
}

/** The nearest whole number, the even one of two. */
export function rint(value: number): number {
  const near = Math.round(value);
  return near - value === 0.5 && near % 2 !== 0 ? near - 1 : near;
}
