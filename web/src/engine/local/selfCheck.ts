/** Land that is known: whether a runtime makes it, and how quickly. */
import type { Choices } from "../engine";
import type { Generator } from "./generator";

/** By how much of their range values may differ from the program's. */
export const TOLERANCE = 1e-3;

/** A small map of cells, and what the program made of it with the site's first choices. */
export interface SelfCheck {
  /** The class of each cell, row by row: strings of digits. */
  cells: string[];
  /** Pixels a side of a cell. */
  cell: number;
  /** Of the middle of each cell: metres, and RGB in turn. */
  heights: number[];
  texture: number[];
}

export interface Checked {
  /** The largest difference, of the range of heights or colours. */
  off: number;
  /** That the second run took; in the first one much is prepared. */
  milliseconds: number;
}

export async function selfCheck(generator: Generator, check: SelfCheck, choices: Choices): Promise<Checked> {
  const { cells, cell } = check;
  const [width, height] = [cells[0]!.length * cell, cells.length * cell];
  const labels = Uint8Array.from({ length: width * height }, (_, i) => {
    return Number(cells[Math.floor(Math.floor(i / width) / cell)]![Math.floor((i % width) / cell)]);
  });
  const whole = { x: 0, y: 0, width, height };
  const part = { labels, extent: whole, map: { width, height }, heights: null, gsd: null };
  const run = () => generator.window(part, choices, whole, () => Promise.resolve(), false);
  await run();
  generator.forget();
  const started = performance.now();
  const made = await run();
  const milliseconds = performance.now() - started;
  const highest = Math.max(...check.heights);
  let off = 0;
  check.heights.forEach((metres, at) => {
    const [row, column] = [Math.floor(at / cells[0]!.length), at % cells[0]!.length];
    const pixel = (row * cell + cell / 2) * width + column * cell + cell / 2;
    // One of 255 more or less is a rounding.
    const colours = [0, 1, 2].map((c) => Math.abs(made.texture[3 * pixel + c]! - check.texture[3 * at + c]!) - 1);
    off = Math.max(off, Math.abs(made.heights[pixel]! - metres) / highest, ...colours.map((value) => value / 255));
  });
  return { off: Number.isNaN(off) ? Infinity : off, milliseconds };
}
