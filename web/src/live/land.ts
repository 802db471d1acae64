/** Land to look at, as fine as the map or finer. */
import type { Rect } from "../document/rect";
import type { Reach } from "../engine/engine";

/** What water has left on land that it has carved. */
export interface Carved {
  /** DRY, 1 in the sea, or LAKE. */
  water: Uint8Array;
  /** How much of each pixel rivers cover, 0 to 255. */
  rivers: Uint8Array;
  reaches: Reach[];
}

/** Arrays are (height, width), row by row, north first. */
export interface Land {
  readonly width: number;
  readonly height: number;
  /** Pixels of it along a side of one of the map's. */
  readonly detail: number;
  /** RGBA, without light, and lit from the north-west. */
  readonly texture: Uint8Array;
  readonly shaded: Uint8Array;
  /** Metres above the sea; float32 from the model to the screen. */
  readonly heights: Float32Array;
  /** An index of `Capabilities.classes`. */
  readonly labels: Uint8Array;
  /** Null: only what is painted says where water is. */
  readonly carved: Carved | null;

  /** Metres at a position in pixels of the map, between the centres of the land's pixels. */
  metresAt(x: number, y: number): number;

  /** Calls `watcher` with each rectangle that has changed. @returns a function that ends it. */
  watch(watcher: (rect: Rect) => void): () => void;
}

/** The land's pixel at a position in pixels of the map; the nearest one for places outside. */
export function pixelAt(land: Land, x: number, y: number): number {
  const column = Math.max(0, Math.min(land.width - 1, Math.floor(x * land.detail)));
  const row = Math.max(0, Math.min(land.height - 1, Math.floor(y * land.detail)));
  return row * land.width + column;
}

/** Metres, bilinear between the centres of pixels; outside of the map its edge's. */
export function heightAt({ heights, width, height, detail }: Land, x: number, y: number): number {
  const column = Math.max(0, Math.min(width - 1, x * detail - 0.5));
  const row = Math.max(0, Math.min(height - 1, y * detail - 0.5));
  const [left, top] = [Math.floor(column), Math.floor(row)];
  const [right, bottom] = [Math.min(width - 1, left + 1), Math.min(height - 1, top + 1)];
  const [part, down] = [column - left, row - top];
  const above = heights[top * width + left]! * (1 - part) + heights[top * width + right]! * part;
  const below = heights[bottom * width + left]! * (1 - part) + heights[bottom * width + right]! * part;
  return above * (1 - down) + below * down;
}

/** `count` pixels of RGB to RGBA as it lies in memory, from one place on to another. */
export function spread(rgb: Uint8Array, rgba: Uint32Array, from: number, to: number, count: number): void {
  let source = from * 3;
  for (let target = to; target < to + count; target++) {
    rgba[target] = 0xff000000 | (rgb[source + 2]! << 16) | (rgb[source + 1]! << 8) | rgb[source]!;
    source += 3;
  }
}
