/** What the light falls on: each pixel's normal and whether it is water, as bytes for the graphics card. */
import { WATER } from "../document/document";
import { clip, grow, type Rect } from "../document/rect";

/** Pixels a metre that the normals are for; the shader turns them for other exaggerations. */
export const REFERENCE_LIFT = 8 / 2000;
const FLAT = 2; // metres between neighbours on a lake, at most

/**
 * Writes RGBA for `rect`: x and z of the normal as -1 to 1, water as 0 or 1, and nothing.
 *
 * @param heights - (height, width), metres.
 * @param labels - (height, width).
 */
export function writeRelief(
  into: Uint8Array,
  heights: Float32Array,
  labels: Uint8Array,
  width: number,
  height: number,
  rect: Rect,
): void {
  const area = clip(grow(rect, 1), width, height);
  for (let y = area.y; y < area.y + area.height; y++) {
    const up = Math.max(0, y - 1) * width;
    const down = Math.min(height - 1, y + 1) * width;
    for (let x = area.x; x < area.x + area.width; x++) {
      const at = y * width + x;
      const east = (heights[y * width + Math.min(width - 1, x + 1)]! - heights[y * width + Math.max(0, x - 1)]!) / 2;
      const south = (heights[down + x]! - heights[up + x]!) / 2;
      const metres = heights[at]!;
      const lake = labels[at] === WATER && Math.abs(east) + Math.abs(south) < FLAT;
      const sx = -east * REFERENCE_LIFT;
      const sz = -south * REFERENCE_LIFT;
      const length = Math.sqrt(sx * sx + sz * sz + 1);
      into[at * 4] = Math.round((sx / length) * 127 + 128);
      into[at * 4 + 1] = Math.round((sz / length) * 127 + 128);
      into[at * 4 + 2] = metres <= 0 || lake ? 255 : 0;
      into[at * 4 + 3] = 255;
    }
  }
}
