/** Heights at half the resolution, again and again: what far ground is drawn from, so that it does not flicker. */
import { clip, type Rect } from "../document/rect";
import type { Land } from "../live/land";

const LEAST = 32; // pixels of the longer side of the last level

/** (height, width), metres. */
export interface Level {
  data: Float32Array;
  width: number;
  height: number;
}

export class Levels {
  /** The land's own heights, and each further level half as fine as the one before it. */
  readonly all: Level[];
  /** Metres. */
  highest = 0;

  constructor({ heights, width, height }: Pick<Land, "heights" | "width" | "height">) {
    this.all = [{ data: heights, width, height }];
    for (;;) {
      const above = this.all.at(-1)!;
      if (Math.max(above.width, above.height) <= LEAST) break;
      const [wide, high] = [half(above.width), half(above.height)];
      this.all.push({ data: new Float32Array(wide * high), width: wide, height: high });
    }
    this.update({ x: 0, y: 0, width, height });
  }

  /** The land's heights have changed in `rect`. */
  update(rect: Rect): void {
    this.highest = highestOf(this.all[0]!.data);
    for (let at = 1, { x, y, width, height } = rect; at < this.all.length; at++) {
      const [left, top] = [x >> 1, y >> 1];
      [width, height] = [((x + width + 1) >> 1) - left, ((y + height + 1) >> 1) - top];
      [x, y] = [left, top];
      halve(this.all[at - 1]!, this.all[at]!, { x, y, width, height });
    }
  }

  /** The finest one whose sides are at most that long. */
  upTo(side: number): Level {
    return this.all.find(({ width, height }) => Math.max(width, height) <= side)!;
  }
}

// As the graphics card has it.
const half = (side: number): number => Math.max(1, side >> 1);

function highestOf(heights: Float32Array): number {
  let highest = 0;
  for (const metres of heights) if (metres > highest) highest = metres;
  return highest;
}

/** Means of four. */
function halve(from: Level, to: Level, rect: Rect): void {
  const area = clip(rect, to.width, to.height);
  const [east, south] = [Math.min(1, from.width - 1), Math.min(1, from.height - 1) * from.width];
  const [fine, coarse] = [from.data, to.data];
  for (let y = area.y; y < area.y + area.height; y++) {
    let at = 2 * (y * from.width + area.x);
    const end = y * to.width + area.x + area.width;
    for (let target = y * to.width + area.x; target < end; target++) {
      coarse[target] = (fine[at]! + fine[at + east]! + fine[at + south]! + fine[at + east + south]!) / 4;
      at += 2;
    }
  }
}
