/** Smoothing of borders between labels: every pixel takes the label that most of its neighbourhood has. */
import type { MapDocument } from "../document/document";
import { clip, type Rect } from "../document/rect";

const REACH = 3; // the neighbourhood is 7 x 7 pixels
const LABELS = 8;

/**
 * Smooths the pixels of `rect` for which `inside` holds. Ties keep the pixel's own label where it is among the most.
 * Counts of columns slide along each row, so a pixel costs the same whatever the neighbourhood's size.
 */
export function smooth(doc: MapDocument, rect: Rect, inside: (x: number, y: number) => boolean): void {
  const { width, height } = doc;
  const area = clip(rect, width, height);
  const out = new Uint8Array(area.width * area.height);
  const counts = new Int32Array(LABELS);
  for (let row = 0; row < area.height; row++) {
    const y = area.y + row;
    const top = Math.max(0, y - REACH);
    const bottom = Math.min(height - 1, y + REACH);
    counts.fill(0);
    const column = (x: number, by: number): void => {
      if (x < 0 || x >= width) return;
      for (let at = top * width + x; at <= bottom * width + x; at += width) counts[doc.labels[at]!]! += by;
    };
    for (let x = area.x - REACH; x < area.x + REACH; x++) column(x, 1);
    for (let x = area.x; x < area.x + area.width; x++) {
      column(x + REACH, 1);
      const own = doc.labels[y * width + x]!;
      out[row * area.width + x - area.x] = inside(x, y) ? most(counts, own) : own;
      column(x - REACH, -1);
    }
  }
  for (let row = 0; row < area.height; row++) {
    doc.labels.set(out.subarray(row * area.width, (row + 1) * area.width), (area.y + row) * width + area.x);
  }
}

function most(counts: Int32Array, own: number): number {
  let best = own;
  for (let label = 0; label < LABELS; label++) if (counts[label]! > counts[best]!) best = label;
  return best;
}
