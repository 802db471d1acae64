/**
 * Enlarges maps, with borders such as nature draws them: `spade_terrain.maps.upscaling`, to the bit, which says how.
 *
 * Sums are rounded to float32 one by one, as there.
 */
import { GUIDE_CELL, type PaintedMap, type Rect } from "./engine";
import { asSeed, noise } from "./local/noise";

const WAVELENGTH = 16;
const SMALLEST = 3;
const AMPLITUDE = 0.25;
const ANOTHER_SEED = 0x9e3779b97f4a7c15n;
const TILE = 256;
const CLASSES = 7;
const f = Math.fround;

/** A map of `scale` times as many rows and columns; if it says how large its pixels are, on the same ground. */
export async function upscale(map: PaintedMap, scale: number, seed: number): Promise<PaintedMap> {
  const [width, height] = [scale * map.width, scale * map.height];
  const labels = new Uint8Array(width * height);
  for (let y = 0; y < height; y += TILE) {
    for (let x = 0; x < width; x += TILE) {
      const tile = { x, y, width: Math.min(TILE, width - x), height: Math.min(TILE, height - y) };
      upscaleTile(map, scale, asSeed(seed), tile, labels);
    }
    await new Promise((resolve) => setTimeout(resolve)); // the page draws meanwhile
  }
  return {
    width,
    height,
    labels,
    guide: map.guide && upscaleGuide(map.guide, map, scale),
    courses:
      map.courses?.map((course) => ({
        ...course,
        line: course.line.map((point) => point.map((at) => at * scale)),
      })) ?? null,
    gsd: map.gsd ? map.gsd / scale : null,
  };
}

function upscaleTile(map: PaintedMap, scale: number, seed: bigint, tile: Rect, labels: Uint8Array): void {
  const displaced = displacement(scale, seed, tile); // in painted pixels
  const pixels = tile.width * tile.height;
  const strengths = new Float32Array(CLASSES);
  for (let j = 0, i = 0; j < tile.height; j++) {
    for (let k = 0; k < tile.width; k++, i++) {
      const [columns, columnWeights] = taps(f(f((tile.x + k + 0.5) / scale) + displaced[i]!), map.width);
      const [rows, rowWeights] = taps(f(f((tile.y + j + 0.5) / scale) + displaced[pixels + i]!), map.height);
      strengths.fill(0);
      for (let row = 0; row < 3; row++) {
        for (let column = 0; column < 3; column++) {
          const label = map.labels[rows[row]! * map.width + columns[column]!]!;
          strengths[label] = strengths[label]! + f(rowWeights[row]! * columnWeights[column]!);
        }
      }
      let strongest = 0;
      for (let c = 1; c < CLASSES; c++) if (strengths[c]! > strengths[strongest]!) strongest = c;
      labels[(tile.y + j) * scale * map.width + tile.x + k] = strongest;
    }
  }
}

/** How far the places of a tile are displaced, in painted pixels: all of them east, then south. */
function displacement(scale: number, seed: bigint, tile: Rect): Float32Array {
  const displaced = new Float32Array(2 * tile.width * tile.height);
  for (let wavelength = WAVELENGTH * scale; wavelength >= SMALLEST; wavelength = wavelength >> 1) {
    const octave = smoothNoise(seed ^ ANOTHER_SEED, wavelength, tile);
    const strength = f((AMPLITUDE * wavelength) / scale);
    for (let i = 0; i < octave.length; i++) displaced[i] = displaced[i]! + f(octave[i]! * strength);
  }
  return displaced;
}

/** Noise on a grid of `wavelength` pixels, and in between its cubic B-spline: two channels of a tile. */
function smoothNoise(seed: bigint, wavelength: number, { x, y, width, height }: Rect): Float32Array {
  const columns = spline(x, width, wavelength);
  const rows = spline(y, height, wavelength);
  const [left, top] = [columns.first[0]!, rows.first[0]!];
  const across = columns.first[width - 1]! - left + 4;
  const down = rows.first[height - 1]! - top + 4;
  const grid = noise(seed, wavelength, 2, { x: left, y: top, width: across, height: down });
  const both = new Float32Array(2 * width * height);
  const along = new Float32Array(across);
  for (let channel = 0, at = 0; channel < 2; channel++) {
    for (let j = 0; j < height; j++) {
      const start = (channel * down + rows.first[j]! - top) * across;
      for (let k = 0; k < across; k++) along[k] = weighted(grid, start + k, across, rows.weights, 4 * j);
      for (let k = 0; k < width; k++) both[at++] = weighted(along, columns.first[k]! - left, 1, columns.weights, 4 * k);
    }
  }
  return both;
}

/** Four values, `step` apart, by their weights. */
function weighted(values: Float32Array, at: number, step: number, weights: Float32Array, from: number): number {
  let sum = f(weights[from]! * values[at]!);
  for (let i = 1; i < 4; i++) sum = f(sum + f(weights[from + i]! * values[at + i * step]!));
  return sum;
}

/** For the middle of each pixel, the first of the four grid points that reach it, and all their weights. */
function spline(start: number, count: number, wavelength: number): { first: Int32Array; weights: Float32Array } {
  const first = new Int32Array(count);
  const weights = new Float32Array(4 * count);
  for (let i = 0; i < count; i++) {
    const at = (start + i + 0.5) / wavelength - 0.5;
    const before = Math.floor(at);
    const t = at - before;
    const s = 1 - t;
    first[i] = before - 1;
    weights.set(
      [(s * s * s) / 6, 2 / 3 - (t * t * (2 - t)) / 2, 2 / 3 - (s * s * (2 - s)) / 2, (t * t * t) / 6],
      4 * i,
    );
  }
  return { first, weights };
}

/** The three painted pixels of an axis that reach a place, and the weights there of their quadratic B-spline. */
function taps(place: number, side: number): [number[], number[]] {
  const middle = Math.floor(place);
  const t = f(place - middle);
  const s = f(1 - t);
  const pixels = [middle - 1, middle, middle + 1].map((pixel) => Math.min(Math.max(pixel, 0), side - 1));
  return [pixels, [f(f(s * s) / 2), f(0.5 + f(s * t)), f(f(t * t) / 2)]];
}

/** Rough heights of the same ground in the larger map's cells. */
function upscaleGuide(guide: Float32Array, { width, height }: PaintedMap, scale: number): Float32Array {
  const cells = (side: number): number => Math.ceil(side / GUIDE_CELL);
  const columns = cells(scale * width);
  const larger = new Float32Array(columns * cells(scale * height));
  for (let i = 0; i < larger.length; i++) {
    const [row, column] = [Math.floor(i / columns), i % columns].map((at) => Math.floor((at + 0.5) / scale));
    larger[i] = guide[row! * cells(width) + column!]!;
  }
  return larger;
}
