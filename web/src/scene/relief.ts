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
  const [water, rivers] = [carved?.water, carved?.rivers];
  const pixels = new Uint32Array(into.buffer);
  const lift = REFERENCE_LIFT * detail;
  const area = clip(grow(rect, 1), width, height);
  for (let y = area.y; y < area.y + area.height; y++) {
    const up = y > 0 ? -width : 0;
    const down = y + 1 < height ? width : 0;
    for (let x = area.x; x < area.x + area.width; x++) {
      const at = y * width + x;
      const east = (heights[x + 1 < width ? at + 1 : at]! - heights[x > 0 ? at - 1 : at]!) / 2;
      const south = (heights[at + down]! - heights[at + up]!) / 2;
      const wet = water
        ? water[at] !== DRY
        : heights[at]! <= 0 || (labels[at] === WATER && Math.abs(east) + Math.abs(south) < FLAT);
      const sx = -east * lift;
      const sz = -south * lift;
      const scale = 127 / Math.sqrt(sx * sx + sz * sz + 1);
      const [red, green] = [(sx * scale + 128.5) | 0, (sz * scale + 128.5) | 0];
      pixels[at] = red | (green << 8) | (wet ? 0xff0000 : 0) | ((rivers ? rivers[at]! : 0) << 24);
    }
  }
}
