/** Painted pixels to classes, though edges are smooth or the picture is a JPEG: the program's `colour_matching.py`. */
import { Regions, UNKNOWN, type Picture, type Rgb } from "./regionGrowing";

/** How far a seed is from its colour, and other pixels from a mixture, at most, of 0 to 255 a channel. */
const STEPS = [
  { seed: 10, mixture: 15 },
  { seed: 20, mixture: 20 },
  { seed: 35, mixture: 30 },
] as const;
const OFF_PALETTE = 60; // farther than this from every mixture of the colours around it, a pixel is off the palette

export interface Matches {
  labels: Uint8Array<ArrayBuffer>;
  /** Pixels that are not in the palette's very colours. */
  inexact: number;
  /** 1 where a pixel is in quite another colour; `null` if none is. */
  offPalette: Uint8Array | null;
}

/** @param colours - the palette's, of the class 0, 1, and so on. */
export function matchColours(picture: Picture, colours: readonly Rgb[]): Matches {
  const { nearest, squares, inexact } = nearestColours(picture, colours);
  if (inexact === 0) return { labels: nearest, inexact, offPalette: null };
  const regions = new Regions(picture, colours);
  const exact = Uint8Array.from(squares, (square) => +(square === 0));
  for (const step of STEPS) {
    const seeds = nearest.map((colour, i) =>
      regions.known[i] === UNKNOWN && squares[i]! <= step.seed ** 2 ? colour : UNKNOWN,
    );
    const blocks = inBlocks(seeds, picture.width, picture.height);
    regions.addSeeds((pixel) => blocks[pixel] === 1, nearest);
    if (step === STEPS[0]) regions.addThinSeeds(exact, nearest, STEPS[2].mixture);
    regions.grow(step.mixture);
  }
  regions.grow(OFF_PALETTE);
  const offPalette = regions.known.map((colour) => +(colour === UNKNOWN));
  regions.grow(Infinity);
  const labels = regions.known.map((colour, i) => (colour === UNKNOWN ? nearest[i]! : colour));
  return { labels, inexact, offPalette: offPalette.includes(1) ? offPalette : null };
}

/** Which colour is nearest to each pixel, and the square of how far it is. */
function nearestColours({ rgba, width, height }: Picture, colours: readonly Rgb[]) {
  const nearest = new Uint8Array(width * height);
  const squares = new Uint32Array(width * height);
  let inexact = 0;
  for (let i = 0; i < nearest.length; i++) {
    const [r, g, b] = [rgba[4 * i]!, rgba[4 * i + 1]!, rgba[4 * i + 2]!];
    let least = Infinity;
    for (let colour = 0; colour < colours.length && least > 0; colour++) {
      const rgb = colours[colour]!;
      const square = (r - rgb[0]) ** 2 + (g - rgb[1]) ** 2 + (b - rgb[2]) ** 2;
      if (square < least) {
        least = square;
        nearest[i] = colour;
      }
    }
    squares[i] = least;
    inexact += +(least > 0);
  }
  return { nearest, squares, inexact };
}

/** Whether a pixel is in a block of 3 x 3 of one class; beyond the picture it goes on as at its edge. */
function inBlocks(seeds: Uint8Array, width: number, height: number): Uint8Array {
  const inside = new Uint8Array(width * height);
  const column = (x: number): number => Math.min(width - 1, Math.max(0, x));
  const row = (y: number): number => Math.min(height - 1, Math.max(0, y)) * width;
  for (let y = -1; y <= height; y++) {
    const [above, at, below] = [row(y - 1), row(y), row(y + 1)];
    for (let x = -1; x <= width; x++) {
      const b = column(x);
      const seed = seeds[at + b]!;
      if (seed === UNKNOWN || seeds[above + b] !== seed || seeds[below + b] !== seed) continue;
      const [a, c] = [column(x - 1), column(x + 1)];
      if (seeds[at + a] !== seed || seeds[above + a] !== seed || seeds[below + a] !== seed) continue;
      if (seeds[at + c] !== seed || seeds[above + c] !== seed || seeds[below + c] !== seed) continue;
      inside[above + a] = inside[above + b] = inside[above + c] = 1;
      inside[at + a] = inside[at + b] = inside[at + c] = 1;
      inside[below + a] = inside[below + b] = inside[below + c] = 1;
    }
  }
  return inside;
}
