/** Flood fill of the pixels that are joined by their sides. */
import type { MapDocument } from "../document/document";
import type { Rect } from "../document/rect";

/**
 * Gives the area around (x, y) that has one label a new one.
 *
 * @returns the rectangle around what changed, or null if it had that label already.
 */
export function floodFill(doc: MapDocument, x: number, y: number, label: number): Rect | null {
  const { width, height, labels } = doc;
  if (x < 0 || y < 0 || x >= width || y >= height) return null;
  const old = labels[y * width + x]!;
  if (old === label) return null;
  let left = x;
  let right = x;
  let top = y;
  let bottom = y;
  const stack = [y * width + x];
  while (stack.length > 0) {
    const at = stack.pop()!;
    if (labels[at] !== old) continue;
    const row = Math.floor(at / width);
    const start = row * width;
    let from = at;
    while (from > start && labels[from - 1] === old) from--;
    let to = at + 1;
    while (to < start + width && labels[to] === old) to++;
    labels.fill(label, from, to);
    left = Math.min(left, from - start);
    right = Math.max(right, to - 1 - start);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
    if (row > 0) seed(labels, old, from - width, to - width, stack);
    if (row < height - 1) seed(labels, old, from + width, to + width, stack);
  }
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** Puts the first pixel of each run of `old` in [from, to) on the stack. */
function seed(labels: Uint8Array, old: number, from: number, to: number, stack: number[]): void {
  for (let at = from; at < to; at++) {
    if (labels[at] === old && (at === from || labels[at - 1] !== old)) stack.push(at);
  }
}
