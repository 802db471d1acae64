/** Noise that belongs to the ground, as docs/noise.md specifies it to the bit. */
import type { Rect } from "../engine";

const ROW_START = 0x243f6a88; // the first 64 bits of pi's fraction
const COLUMN_START = 0x85a308d3;
const MEAN = 510; // of the sum of four bytes
const DEVIATION = Math.fround(Math.sqrt(21845));
const MASK = 0xffffffffn;

/** A seed modulo 2^64. */
export const asSeed = (seed: number | bigint): bigint => BigInt.asUintN(64, BigInt(seed));

function mix(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  h = Math.imul(h ^ (h >>> 15), 0xd35a2d97);
  return (h ^ (h >>> 15)) >>> 0;
}

/** Hashes of `rect`, counted in noise pixels of `stride` map pixels: uint32, channel by channel, row by row. */
export function noiseWords(seed: bigint, stride: number, channels: number, rect: Rect): Uint32Array {
  const { x, y, width, height } = rect;
  const words = new Uint32Array(channels * width * height);
  const columns = new Uint32Array(width);
  let at = 0;
  for (let channel = 0; channel < channels; channel++) {
    const parts = [Number(seed & MASK), Number((seed >> 32n) & MASK), stride, channel];
    const key = (start: number): number => parts.reduce((h, word) => mix(h ^ word), start);
    const [rowKey, columnKey] = [key(ROW_START), key(COLUMN_START)];
    for (let i = 0; i < width; i++) columns[i] = mix(columnKey ^ wrapped(x + i));
    for (let j = 0; j < height; j++) {
      const row = mix(rowKey ^ wrapped(y + j));
      for (let i = 0; i < width; i++) words[at++] = mix(row ^ columns[i]!);
    }
  }
  return words;
}

/** The noise of `rect`, of mean 0 and variance 1: float32, channel by channel, row by row. */
export function noise(seed: bigint, stride: number, channels: number, rect: Rect): Float32Array {
  const words = noiseWords(seed, stride, channels, rect);
  const values = new Float32Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const h = words[i]!;
    values[i] = ((h & 255) + ((h >>> 8) & 255) + ((h >>> 16) & 255) + (h >>> 24) - MEAN) / DEVIATION;
  }
  return values;
}

/** A coordinate modulo 2^32; those of numbers past 2^53 are not exact any more. */
const wrapped = (at: number): number => (at % 0x100000000) | 0;
