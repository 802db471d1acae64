/** Rectangles of whole pixels. */
import type { Rect } from "../engine/engine";

export type { Rect };

export const isEmpty = (rect: Rect): boolean => rect.width <= 0 || rect.height <= 0;

export function union(a: Rect | null, b: Rect): Rect {
  if (!a || isEmpty(a)) return b;
  if (isEmpty(b)) return a;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}

export function clip(rect: Rect, width: number, height: number): Rect {
  const x = Math.max(0, Math.min(rect.x, width));
  const y = Math.max(0, Math.min(rect.y, height));
  return {
    x,
    y,
    width: Math.max(0, Math.min(rect.x + rect.width, width) - x),
    height: Math.max(0, Math.min(rect.y + rect.height, height) - y),
  };
}

export function grow(rect: Rect, by: number): Rect {
  return { x: rect.x - by, y: rect.y - by, width: rect.width + 2 * by, height: rect.height + 2 * by };
}

/** The smallest rectangle around `rect` whose sides lie on multiples of `step`. */
export function snap(rect: Rect, step: number): Rect {
  const x = Math.floor(rect.x / step) * step;
  const y = Math.floor(rect.y / step) * step;
  return {
    x,
    y,
    width: Math.ceil((rect.x + rect.width) / step) * step - x,
    height: Math.ceil((rect.y + rect.height) / step) * step - y,
  };
}

/** A square of that side around `middle`, moved to lie on the map, its corner on a multiple of `step`. */
export function squareAt(
  middle: { x: number; y: number },
  side: number,
  step: number,
  map: { width: number; height: number },
): Rect {
  const corner = (at: number, size: number): number =>
    Math.floor(Math.max(0, Math.min(size - side, at - side / 2)) / step) * step;
  const square = { x: corner(middle.x, map.width), y: corner(middle.y, map.height), width: side, height: side };
  return clip(snap(square, step), map.width, map.height);
}

/** The part `rect` of a row-by-row array that is `stride` elements wide. */
export function crop<T extends Uint8Array | Float32Array>(data: T, stride: number, rect: Rect): T {
  const out = new (data.constructor as new (length: number) => T)(rect.width * rect.height);
  for (let row = 0; row < rect.height; row++) {
    const from = (rect.y + row) * stride + rect.x;
    out.set(data.subarray(from, from + rect.width), row * rect.width);
  }
  return out;
}
