/** Heights along a line. */
import type { TerrainStore } from "../live/terrain";
import type { Point } from "../paint/spans";

export interface Profile {
  /** Metres above the sea at even steps from the line's start to its end. */
  metres: Float32Array;
  /** Of the line, metres on the ground. */
  length: number;
  highest: number;
}

/** Bilinear between the centres of pixels; the part of the line outside of the map has its edge's height. */
export function profileAlong(terrain: TerrainStore, [a, b]: [Point, Point], gsd: number, steps = 240): Profile {
  const metres = new Float32Array(steps + 1);
  for (let step = 0; step <= steps; step++) {
    const part = step / steps;
    metres[step] = between(terrain, a.x + (b.x - a.x) * part - 0.5, a.y + (b.y - a.y) * part - 0.5);
  }
  return { metres, length: Math.hypot(b.x - a.x, b.y - a.y) * gsd, highest: Math.max(...metres) };
}

function between(terrain: TerrainStore, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const right = x - left;
  const down = y - top;
  const at = (column: number, row: number): number => terrain.metresAt(left + column, top + row);
  const above = at(0, 0) * (1 - right) + at(1, 0) * right;
  const below = at(0, 1) * (1 - right) + at(1, 1) * right;
  return above * (1 - down) + below * down;
}
