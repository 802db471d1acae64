/** What the light falls on: each pixel's normal, and where water is, as bytes for the graphics card. */
import { WATER } from "../document/document";
import { clip, grow, type Rect } from "../document/rect";
import { DRY } from "../engine/engine";
import type { Land } from "../live/land";

/** Pixels a metre that the normals are for; the shader turns them for other exaggerations. */
export const REFERENCE_LIFT = 8 / 2000;
const FLAT = 2; // metres between neighbours on a lake, at most

/** Writes RGBA for `rect`: x and z of the normal as -1 to 1, sea or lake as 0 or 1, and how far rivers cover it. */
export function writeRelief(into: Uint8Array, land: Land, rect: Rect): void {
  const { heights, labels, width, height, detail, carved } = land;
  const lift = REFERENCE_LIFT * detail;
  const area = clip(grow(rect, 1), width, height);
  for (let y = area.y; y < area.y + area.height; y++) {
    const up = Math.max(0, y - 1) * width;
    const down = Math.min(height - 1, y + 1) * width;
    for (let x = area.x; x < area.x + area.width; x++) {
      const at = y * width + x;
      const east = (heights[y * width + Math.min(width - 1, x + 1)]! - heights[y * width + Math.max(0, x - 1)]!) / 2;
      const south = (heights[down + x]! - heights[up + x]!) / 2;
      const wet = carved
        ? carved.water[at] !== DRY
        : heights[at]! <= 0 || (labels[at] === WATER && Math.abs(east) + Math.abs(south) < FLAT);
      const sx = -east * lift;
      const sz = -south * lift;
      const scale = 127 / Math.sqrt(sx * sx + sz * sz + 1);
      into[at * 4] = Math.round(sx * scale + 128);
      into[at * 4 + 1] = Math.round(sz * scale + 128);
      into[at * 4 + 2] = wet ? 255 : 0;
      into[at * 4 + 3] = carved ? carved.rivers[at]! : 0;
    }
  }
}
