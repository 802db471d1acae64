/**
 * Seeded region growing over a painted picture, as the program's `maps/region_growing.py` has it, to the same pixels:
 * a pixel joins the nearest of the palette's colours that are around it, if it is in one of them or in a mixture of two.
 *
 * Arithmetic is float32's, or a pixel that is just as far as allowed could be the program's and not ours.
 */
export const UNKNOWN = 255;

const RADIUS = 3; // pixels around one that count as around it
const ROUNDS = 3; // how often regions grow by it in one call

const DISK: [right: number, down: number][] = [];
for (let down = -RADIUS; down <= RADIUS; down++) {
  for (let right = -RADIUS; right <= RADIUS; right++) {
    if (down * down + right * right <= RADIUS * (RADIUS + 1)) DISK.push([right, down]);
  }
}

export type Rgb = readonly [number, number, number];

/** A painted picture, 4 bytes a pixel, of which the fourth counts for nothing. */
export interface Picture {
  rgba: Uint8ClampedArray<ArrayBuffer>;
  width: number;
  height: number;
}

export class Regions {
  /** Places in the palette, or `UNKNOWN`. */
  readonly known: Uint8Array;
  private readonly padded: number; // pixels of a padded row
  private readonly bits: Uint8Array; // of what is known, a bit a colour; padded by `RADIUS`
  private readonly steps: Int32Array;
  // Of the pixels that are not known: where, the colours around, the nearest of those, how far from their mixtures.
  private left: Int32Array;
  private readonly around: Uint8Array;
  private readonly chosen: Uint8Array;
  private readonly distance: Float32Array;
  private colour = UNKNOWN; // what `look` found
  private off = Infinity;

  /** @param colours - seven at most: they are bits of a byte. */
  constructor(
    private readonly picture: Picture,
    private readonly colours: readonly Rgb[],
  ) {
    const { width, height } = picture;
    const pixels = width * height;
    this.padded = width + 2 * RADIUS;
    this.known = new Uint8Array(pixels).fill(UNKNOWN);
    this.bits = new Uint8Array(this.padded * (height + 2 * RADIUS));
    this.steps = Int32Array.from(DISK, ([right, down]) => down * this.padded + right);
    this.left = Int32Array.from({ length: pixels }, (_, i) => i);
    this.around = new Uint8Array(pixels);
    this.chosen = new Uint8Array(pixels).fill(UNKNOWN);
    this.distance = new Float32Array(pixels).fill(Infinity);
  }

  /** Let these pixels be known to be of these colours. */
  addSeeds(isSeed: (pixel: number) => boolean, colours: Uint8Array): void {
    this.left = this.left.filter((pixel) => {
      if (!isSeed(pixel)) return true;
      this.know(pixel, colours[pixel]!);
      return false;
    });
  }

  /**
   * Let what is thinner than a block, but in an exact colour, be seeds: unless other colours around it could mix to
   * within `tolerance` of that colour, and there are mixtures around it indeed.
   */
  addThinSeeds(exact: Uint8Array, colours: Uint8Array, tolerance: number): void {
    const thin = new Uint8Array(exact.length);
    for (const pixel of this.left) {
      if (!exact[pixel]) continue;
      const others = this.coloursAround(pixel) & ~(1 << colours[pixel]!);
      this.look(pixel, others);
      thin[pixel] = +(this.off > tolerance || !this.isMixedAround(pixel, exact));
    }
    this.addSeeds((pixel) => thin[pixel] === 1, colours);
  }

  /** Let regions grow into pixels that are no farther than `tolerance` from a mixture of the colours around. */
  grow(tolerance: number): void {
    for (let round = 0; round < ROUNDS; round++) {
      this.update();
      const fits = this.left.filter((pixel) => this.around[pixel]! > 0 && this.distance[pixel]! <= tolerance);
      if (fits.length === 0) return;
      for (const pixel of fits) this.know(pixel, this.chosen[pixel]!);
      this.left = this.left.filter((pixel) => this.known[pixel] === UNKNOWN);
    }
  }

  private know(pixel: number, colour: number): void {
    this.known[pixel] = colour;
    this.bits[this.middle(pixel)] = 1 << colour;
  }

  private update(): void {
    for (const pixel of this.left) {
      const around = this.coloursAround(pixel);
      if (around === this.around[pixel]) continue;
      this.around[pixel] = around;
      this.look(pixel, around);
      this.chosen[pixel] = this.colour;
      this.distance[pixel] = this.off;
    }
  }

  private middle(pixel: number): number {
    const { width } = this.picture;
    return (Math.floor(pixel / width) + RADIUS) * this.padded + (pixel % width) + RADIUS;
  }

  private coloursAround(pixel: number): number {
    const middle = this.middle(pixel);
    let found = 0;
    for (let k = 0; k < this.steps.length; k++) found |= this.bits[middle + this.steps[k]!]!;
    return found;
  }

  private isMixedAround(pixel: number, exact: Uint8Array): boolean {
    const { width, height } = this.picture;
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    return DISK.some(([right, down]) => {
      const [column, row] = [x + right, y + down];
      return column >= 0 && column < width && row >= 0 && row < height && !exact[row * width + column];
    });
  }

  /**
   * The nearest of the colours that are given as bits, and how far the pixel is from every mixture of two of them: in
   * `colour` and `off`, since millions of pixels are asked for.
   */
  private look(pixel: number, around: number): void {
    const f = Math.fround;
    const { rgba } = this.picture;
    const [r, g, b] = [rgba[4 * pixel]!, rgba[4 * pixel + 1]!, rgba[4 * pixel + 2]!];
    let near = Infinity;
    let least = Infinity;
    this.colour = UNKNOWN;
    for (let i = 0; around >> i > 0; i++) {
      if (!((around >> i) & 1)) continue;
      const [fromR, fromG, fromB] = this.colours[i]!;
      const x = r - fromR;
      const y = g - fromG;
      const z = b - fromB;
      const square = x * x + y * y + z * z;
      if (square < near) {
        near = square;
        this.colour = i;
      }
      if (square < least) least = square;
      for (let j = i + 1; around >> j > 0; j++) {
        if (!((around >> j) & 1)) continue;
        const [toR, toG, toB] = this.colours[j]!;
        const lineX = toR - fromR;
        const lineY = toG - fromG;
        const lineZ = toB - fromB;
        const along = f((x * lineX + y * lineY + z * lineZ) / (lineX * lineX + lineY * lineY + lineZ * lineZ));
        const share = along < 0 ? 0 : along > 1 ? 1 : along;
        const offX = f(x - f(share * lineX));
        const offY = f(y - f(share * lineY));
        const offZ = f(z - f(share * lineZ));
        const off = f(f(f(offX * offX) + f(offY * offY)) + f(offZ * offZ));
        if (off < least) least = off;
      }
    }
    this.off = f(Math.sqrt(least));
  }
}
