/**
 * Shapes as rows of whole pixels. A pixel is in a shape or it is not, by its centre: labels are never mixed.
 */
import type { Rect } from "../document/rect";

export interface Point {
  x: number;
  y: number;
}

/** Called with a row and the half-open range of columns that are in the shape; may lie outside the map. */
export type Span = (y: number, from: number, to: number) => void;

const first = (x: number): number => Math.ceil(x - 0.5);
const after = (x: number): number => Math.floor(x - 0.5) + 1;

/** Pixels within `radius` of the line from `a` to `b`; at least the pixel under `a`. Positions in pixels, corners whole. */
export function capsule(a: Point, b: Point, radius: number, span: Span): void {
  if (radius <= 0.5) return thinLine(a, b, span);
  const top = first(Math.min(a.y, b.y) - radius);
  const bottom = after(Math.max(a.y, b.y) + radius);
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  // Half-width of the band between the discs, as an offset of its corners.
  const ox = length > 0 ? (-(b.y - a.y) / length) * radius : 0;
  const oy = length > 0 ? ((b.x - a.x) / length) * radius : 0;
  const corners = [
    { x: a.x + ox, y: a.y + oy },
    { x: b.x + ox, y: b.y + oy },
    { x: b.x - ox, y: b.y - oy },
    { x: a.x - ox, y: a.y - oy },
  ];
  for (let y = top; y < bottom; y++) {
    const centre = y + 0.5;
    let low = Infinity;
    let high = -Infinity;
    for (const end of [a, b]) {
      const rest = radius * radius - (centre - end.y) ** 2;
      if (rest < 0) continue;
      low = Math.min(low, end.x - Math.sqrt(rest));
      high = Math.max(high, end.x + Math.sqrt(rest));
    }
    if (length > 0) {
      for (let side = 0; side < 4; side++) {
        const x = crossing(corners[side]!, corners[(side + 1) % 4]!, centre);
        if (x === null) continue;
        low = Math.min(low, x);
        high = Math.max(high, x);
      }
    }
    if (first(low) < after(high)) span(y, first(low), after(high));
  }
}

/** Where an edge crosses the horizontal line at `y`, half-open so that a corner counts once. */
function crossing(a: Point, b: Point, y: number): number | null {
  if (a.y <= y === b.y <= y) return null;
  return a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x);
}

/** A line of single pixels without gaps. */
function thinLine(a: Point, b: Point, span: Span): void {
  const steps = Math.max(1, Math.ceil(Math.max(Math.abs(b.x - a.x), Math.abs(b.y - a.y))));
  for (let step = 0; step <= steps; step++) {
    const x = Math.floor(a.x + ((b.x - a.x) * step) / steps);
    span(Math.floor(a.y + ((b.y - a.y) * step) / steps), x, x + 1);
  }
}

/** Pixels whose centre is inside a closed polygon, by the even-odd rule. */
export function polygon(corners: readonly Point[], span: Span): void {
  if (corners.length < 3) return;
  const ys = corners.map((corner) => corner.y);
  for (let y = first(min(ys)); y < after(max(ys)); y++) {
    const crossings: number[] = [];
    for (let at = 0; at < corners.length; at++) {
      const x = crossing(corners[at]!, corners[(at + 1) % corners.length]!, y + 0.5);
      if (x !== null) crossings.push(x);
    }
    crossings.sort((p, q) => p - q);
    for (let pair = 0; pair + 1 < crossings.length; pair += 2) {
      const from = first(crossings[pair]!);
      // Half-open: a centre on the border of two polygons is in one of them.
      const to = first(crossings[pair + 1]!);
      if (from < to) span(y, from, to);
    }
  }
}

/** The smallest rectangle of whole pixels that holds the points and `reach` around them. */
export function around(points: readonly Point[], reach: number): Rect {
  const xs = points.map((point) => point.x);
  const ys = points.map((point) => point.y);
  const x = Math.floor(min(xs) - reach);
  const y = Math.floor(min(ys) - reach);
  return { x, y, width: Math.ceil(max(xs) + reach) - x + 1, height: Math.ceil(max(ys) + reach) - y + 1 };
}

const min = (values: number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);
const max = (values: number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);
