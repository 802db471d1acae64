/** Simple land from labels, the same for any window: heights by class, smoothed, and noise that belongs to the ground. */

export const CLASSES: { name: string; rgb: [number, number, number]; height: number; rough: number }[] = [
  { name: "water", rgb: [17, 141, 215], height: -300, rough: 0 },
  { name: "grassland", rgb: [225, 227, 155], height: 250, rough: 160 },
  { name: "forest", rgb: [127, 173, 123], height: 350, rough: 260 },
  { name: "hills", rgb: [185, 122, 87], height: 900, rough: 700 },
  { name: "desert", rgb: [230, 200, 181], height: 400, rough: 200 },
  { name: "mountains", rgb: [150, 150, 150], height: 2600, rough: 2600 },
  { name: "tundra", rgb: [193, 190, 175], height: 500, rough: 250 },
];
const GROUND = [
  [46, 92, 130],
  [138, 152, 92],
  [72, 104, 66],
  [128, 116, 84],
  [203, 178, 132],
  [134, 126, 116],
  [166, 162, 148],
] as const;
export const REACH = 10; // pixels that smoothing reaches

function hash(x: number, y: number, seed: number): number {
  let n = Math.imul(x, 374761393) ^ Math.imul(y, 668265263) ^ Math.imul(seed, 1442695041);
  n = Math.imul(n ^ (n >>> 13), 1274126177);
  return ((n ^ (n >>> 16)) >>> 0) / 2 ** 32;
}

function noise(x: number, y: number, seed: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  const fade = (t: number): number => t * t * (3 - 2 * t);
  const [u, v] = [fade(x - left), fade(y - top)];
  const at = (i: number, j: number): number => hash(left + i, top + j, seed);
  return (at(0, 0) * (1 - u) + at(1, 0) * u) * (1 - v) + (at(0, 1) * (1 - u) + at(1, 1) * u) * v;
}

/** Ridged sum of octaves, -0.5 to about 0.5. */
export function fractal(x: number, y: number, seed: number): number {
  let [sum, size, scale] = [0, 0.5, 1 / 40];
  for (let octave = 0; octave < 6; octave++) {
    sum += size * (1 - Math.abs(2 * noise(x * scale, y * scale, seed + octave) - 1));
    size /= 2;
    scale *= 2;
  }
  return sum - 0.5;
}

/** Weights of a pixel's neighbours by class, of a coarse disc. */
const OFFSETS = Array.from({ length: 81 }, (_, at) => [((at % 9) - 4) * 2.5, (Math.floor(at / 9) - 4) * 2.5] as const)
  .filter(([dx, dy]) => Math.hypot(dx, dy) <= REACH)
  .map(([dx, dy]) => [Math.round(dx), Math.round(dy)] as const);

export interface Part {
  labels: Uint8Array;
  width: number;
  height: number;
  /** Where its first pixel lies on the map. */
  origin: { x: number; y: number };
}

export function landAt(part: Part, x: number, y: number, seed: number): { metres: number; rgb: number[] } {
  // The edge of a class wanders with the noise.
  const wx = Math.round((noise(x / 9, y / 9, seed + 50) - 0.5) * 14);
  const wy = Math.round((noise(x / 9, y / 9, seed + 60) - 0.5) * 14);
  let [height, rough] = [0, 0];
  const rgb = [0, 0, 0];
  for (const [dx, dy] of OFFSETS) {
    const column = Math.max(0, Math.min(part.width - 1, Math.round(x) + dx + wx - part.origin.x));
    const row = Math.max(0, Math.min(part.height - 1, Math.round(y) + dy + wy - part.origin.y));
    const label = part.labels[row * part.width + column]!;
    height += CLASSES[label]!.height;
    rough += CLASSES[label]!.rough;
    for (let channel = 0; channel < 3; channel++) rgb[channel]! += GROUND[label]![channel]!;
  }
  const count = OFFSETS.length;
  const metres = Math.max(0, height / count + (rough / count) * fractal(x, y, seed) * 1.5);
  if (metres === 0) return { metres, rgb: [...GROUND[0]] };
  const speckle = 0.86 + 0.28 * noise(x / 2, y / 2, seed + 90);
  const snow = Math.max(0, Math.min(1, (metres - 2700) / 900));
  return { metres, rgb: rgb.map((sum) => (sum / count) * speckle * (1 - snow) + 240 * snow) };
}
