/** Rough heights, as a guided network takes them: `spade_terrain.generation.height_guide` says how. */
import { WATER } from "../../document/document";
import type { Rect } from "../engine";
import type { Card } from "./card";

const KNOWN = 0.25; // the least share of a cell's land whose height has to be known for its mean
const FROM_M = 200; // land higher than this is asked for so much further above: networks make it a tenth too low
const FURTHER = 0.15;

/** Rough heights of a map, `columns` cells a row: metres, NaN where unknown. */
export interface RoughHeights {
  grid: Float32Array;
  columns: number;
  map: { width: number; height: number };
}

/** Heights at the pixels of a window, linear between cells; past the map's ends they go on as there. */
export function metresAt({ grid, columns, map }: RoughHeights, window: Rect): Float32Array {
  const rows = grid.length / columns;
  const across = between(window.x, window.width, map.width / columns, columns);
  const down = between(window.y, window.height, map.height / rows, rows);
  const out = new Float32Array(window.width * window.height);
  for (let y = 0; y < window.height; y++) {
    for (let x = 0; x < window.width; x++) {
      let sum = 0;
      let weights = 0;
      for (const [row, ofRow] of down[y]!) {
        for (const [column, ofColumn] of across[x]!) {
          const metres = grid[row * columns + column]!;
          if (Number.isNaN(metres)) continue;
          sum += ofRow * ofColumn * Math.max(metres, 0);
          weights += ofRow * ofColumn;
        }
      }
      out[y * window.width + x] = weights >= 0.5 ? sum / weights : NaN;
    }
  }
  return out;
}

/** The two cells around the middle of each pixel of an axis, and their weights. */
function between(start: number, count: number, pixel: number, cells: number): [number, number][][] {
  return Array.from({ length: count }, (_, i) => {
    const at = Math.min(Math.max((start + i + 0.5) / pixel - 0.5, 0), cells - 1);
    const first = Math.floor(at);
    return [
      [first, 1 - (at - first)],
      [Math.min(first + 1, cells - 1), at - first],
    ];
  });
}

/** The network's input of a window whose sides are multiples of the stride: the code of its height plus 1, and if known. */
export function heightGuide(metres: Float32Array | null, labels: Uint8Array, width: number, card: Card): Float32Array {
  const { stride } = card;
  const columns = width / stride;
  const cells = labels.length / (stride * stride);
  const guide = new Float32Array(2 * cells);
  if (!metres) return guide;
  const land = new Float64Array(cells);
  const known = new Float64Array(cells);
  const total = new Float64Array(cells);
  labels.forEach((label, i) => {
    if (label === WATER) return;
    const cell = Math.floor(Math.floor(i / width) / stride) * columns + Math.floor((i % width) / stride);
    land[cell]! += 1;
    if (Number.isNaN(metres[i]!)) return;
    known[cell]! += 1;
    total[cell]! += metres[i]!;
  });
  for (let cell = 0; cell < cells; cell++) {
    if (known[cell] === 0 || known[cell]! < KNOWN * land[cell]!) continue;
    const { max_m } = card.height_code;
    const mean = total[cell]! / known[cell]!;
    const asked = mean + FURTHER * Math.max(mean - FROM_M, 0);
    guide[cell] = 2 * Math.sqrt(Math.min(Math.max(asked, 0), max_m) / max_m);
    guide[cells + cell] = 1;
  }
  return guide;
}
