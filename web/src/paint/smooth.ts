/** Smoothing of borders between labels: every pixel takes the label that most of its neighbourhood has. */
import type { MapDocument } from "../document/document";

const REACH = 3; // the neighbourhood is 7 x 7 pixels
const HALF = (2 * REACH + 1) ** 2 / 2;
const LABELS = 8;

/** Pixels of a row, half-open. */
export interface Run {
  y: number;
  from: number;
  to: number;
}

/**
 * Smooths the pixels of `runs`, all from what was there before. Ties keep the pixel's own label where it is among the
 * most. Counts slide along each row, a column of the neighbourhood at a time.
 */
export function smooth(doc: MapDocument, runs: readonly Run[]): void {
  const inside = runs
    .map(({ y, from, to }) => ({ y, from: Math.max(0, from), to: Math.min(doc.width, to) }))
    .filter(({ y, from, to }) => y >= 0 && y < doc.height && from < to);
  const smoothed = inside.map((run) => smoothRun(doc, run));
  inside.forEach(({ y, from }, at) => doc.labels.set(smoothed[at]!, y * doc.width + from));
}

function smoothRun({ width, height, labels }: MapDocument, { y, from, to }: Run): Uint8Array {
  const out = new Uint8Array(to - from);
  const counts = new Int32Array(LABELS);
  const top = Math.max(0, y - REACH) * width;
  const bottom = Math.min(height - 1, y + REACH) * width;
  for (let x = Math.max(0, from - REACH); x < Math.min(width, from + REACH); x++) {
    for (let at = top + x; at <= bottom + x; at += width) counts[labels[at]!]!++;
  }
  for (let x = from; x < to; x++) {
    const coming = x + REACH;
    if (coming < width) for (let at = top + coming; at <= bottom + coming; at += width) counts[labels[at]!]!++;
    const own = labels[y * width + x]!;
    out[x - from] = counts[own]! > HALF ? own : most(counts, own);
    const going = x - REACH;
    if (going >= 0) for (let at = top + going; at <= bottom + going; at += width) counts[labels[at]!]!--;
  }
  return out;
}

function most(counts: Int32Array, own: number): number {
  let best = own;
  for (let label = 0; label < LABELS; label++) if (counts[label]! > counts[best]!) best = label;
  return best;
}
