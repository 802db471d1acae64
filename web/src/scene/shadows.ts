/**
 * Shadows that a height field casts, by one sweep away from the sun: each row takes over the height of the shadow from
 * the row before it, lowered by what the sun falls in a step. Exact to a pixel, whatever the ground, and without a GPU.
 */

const SOFT = 0.35; // pixels of height over which a shadow's edge fades
const NONE = -1e9; // below any ground

/**
 * @param heights - (height, width), metres.
 * @param lift - pixels a metre: 1 / GSD, times the exaggeration.
 * @param azimuth - degrees clockwise from north (row 0), where the light comes from.
 * @param altitude - degrees above the horizon, more than 0.
 * @returns (height, width): 0 in full shadow to 255 in the sun.
 */
export function sunlight(
  heights: Float32Array,
  width: number,
  height: number,
  lift: number,
  azimuth: number,
  altitude: number,
): Uint8Array {
  const east = Math.sin((azimuth * Math.PI) / 180);
  const north = Math.cos((azimuth * Math.PI) / 180);
  const alongRows = Math.abs(north) >= Math.abs(east);
  // In steps of one row or column along the light's main direction.
  const main = alongRows ? north : east;
  const aside = (alongRows ? east : -north) / Math.abs(main);
  const drop = Math.tan((altitude * Math.PI) / 180) / Math.abs(main);
  const lines = alongRows ? height : width;
  const length = alongRows ? width : height;
  const [lineStep, step] = alongRows ? [width, 1] : [1, width];
  // Light from the north or the west sweeps on to higher indices.
  const onward = alongRows ? main > 0 : main < 0;
  const light = new Uint8Array(width * height);
  let before = new Float32Array(length).fill(NONE); // the shadow's height over the line before
  let now = new Float32Array(length);
  for (let line = 0; line < lines; line++) {
    const base = (onward ? line : lines - 1 - line) * lineStep;
    for (let at = 0; at < length; at++) {
      const shadow = interpolated(before, at + aside, length) - drop;
      const ground = heights[base + at * step]! * lift;
      const lit = 1 - Math.max(0, Math.min(1, (shadow - ground) / SOFT));
      light[base + at * step] = lit * 255 + 0.5;
      now[at] = Math.max(shadow, ground);
    }
    [before, now] = [now, before];
  }
  return light;
}

/** Linear between two places of a line; nothing casts a shadow from outside of it. */
function interpolated(line: Float32Array, at: number, length: number): number {
  const low = Math.floor(at);
  if (low < 0 || at > length - 1) return NONE;
  const part = at - low;
  const first = line[low]!;
  return part === 0 ? first : first + (line[low + 1]! - first) * part;
}
