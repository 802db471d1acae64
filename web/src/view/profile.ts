/** Heights along a line. */
import type { Land } from "../live/land";
import type { Point } from "../paint/spans";

export interface Profile {
  /** Metres above the sea at even steps from the line's start to its end. */
  metres: Float32Array;
  /** Of the line, metres on the ground. */
  length: number;
  highest: number;
}

/** The part of the line outside of the map has its edge's height. */
export function profileAlong(land: Land, [a, b]: [Point, Point], gsd: number, steps = 240): Profile {
  const metres = new Float32Array(steps + 1);
  for (let step = 0; step <= steps; step++) {
    const part = step / steps;
    metres[step] = land.metresAt(a.x + (b.x - a.x) * part, a.y + (b.y - a.y) * part);
  }
  return { metres, length: Math.hypot(b.x - a.x, b.y - a.y) * gsd, highest: Math.max(...metres) };
}
