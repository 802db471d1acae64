/** Land that is kept from one stroke to the next: most of a map that has changed a little need not be made again. */
import type { Rect } from "../../document/rect";
import { emptyPixels, type Pixels } from "./coast";

/**
 * By how much of their root mean square features may differ from those that the land was made of. Heights are then off
 * by two metres at most, and colours by one of 255 (docs/hosting.md).
 */
const TOLERANCE = 1e-2;

export class KeptLand {
  /** Of all the window; what is stale has to be made before it is of use. */
  readonly pixels: Pixels;
  private readonly columns: number;
  private readonly rows: number;
  private readonly stale: Uint8Array; // by cell
  private labels: Uint8Array | null = null;
  private features: Float32Array | null = null; // that the land was made of, by channel and cell

  /**
   * @param window - that it lies in; its sides are multiples of the cell.
   * @param cell - pixels a side of a cell, which has one value of each feature.
   * @param reach - pixels as far as which labels and features act on the land.
   */
  constructor(
    readonly window: Rect,
    private readonly cell: number,
    private readonly reach: number,
  ) {
    this.pixels = emptyPixels(window.width * window.height);
    this.columns = window.width / cell;
    this.rows = window.height / cell;
    this.stale = new Uint8Array(this.columns * this.rows).fill(1);
  }

  /** Takes the window's labels and features as they are now. What they change is stale. */
  take(labels: Uint8Array, features: Float32Array): void {
    if (this.labels && this.features) {
      const changed = this.relabelled(this.labels, labels);
      this.featuresChanged(this.features, features, changed);
      this.spread(changed);
    } else this.features = features.slice();
    this.labels = labels;
  }

  /**
   * Makes stale cells that are but sea.
   *
   * @param sea - a pixel of it.
   * @param shores - which cells of the window `seen` are something else.
   */
  flood(sea: Pixels, shores: Uint8Array, seen: Rect): void {
    const { cell, window, columns, rows, stale, pixels } = this;
    const [left, top, across] = [(window.x - seen.x) / cell, (window.y - seen.y) / cell, seen.width / cell];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const at = row * columns + column;
        if (!stale[at] || shores[(top + row) * across + left + column]) continue;
        stale[at] = 0;
        for (let y = row * cell; y < (row + 1) * cell; y++) {
          const from = y * window.width + column * cell;
          pixels.height.fill(sea.height[0]!, from, from + cell);
          for (let byte = 3 * from; byte < 3 * (from + cell); byte++) {
            pixels.texture[byte] = sea.texture[byte % 3]!;
            pixels.shaded[byte] = sea.shaded[byte % 3]!;
          }
        }
      }
    }
  }

  /** The smallest window of whole cells around what is stale in one; without sides if nothing is. */
  staleIn(rect: Rect): Rect {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    this.eachCell(rect, (column, row) => {
      if (!this.stale[row * this.columns + column]) return;
      left = Math.min(left, column);
      right = Math.max(right, column + 1);
      top = Math.min(top, row);
      bottom = Math.max(bottom, row + 1);
    });
    if (left > right) return { ...rect, width: 0, height: 0 };
    const { cell, window } = this;
    const [width, height] = [(right - left) * cell, (bottom - top) * cell];
    return { x: window.x + left * cell, y: window.y + top * cell, width, height };
  }

  /** The pixels of a window of whole cells are there. */
  made(rect: Rect): void {
    this.eachCell(rect, (column, row) => (this.stale[row * this.columns + column] = 0));
  }

  /** Calls for each cell that a window has a part in. */
  private eachCell({ x, y, width, height }: Rect, call: (column: number, row: number) => void): void {
    const { cell, window } = this;
    const [right, bottom] = [x - window.x + width, y - window.y + height];
    for (let row = Math.floor((y - window.y) / cell); row * cell < bottom; row++) {
      for (let column = Math.floor((x - window.x) / cell); column * cell < right; column++) call(column, row);
    }
  }

  private relabelled(was: Uint8Array, is: Uint8Array): Uint8Array {
    const changed = new Uint8Array(this.stale.length);
    const { width } = this.window;
    for (let at = 0; at < is.length; at++) {
      if (is[at] === was[at]) continue;
      const row = Math.floor(Math.floor(at / width) / this.cell);
      changed[row * this.columns + Math.floor((at % width) / this.cell)] = 1;
    }
    return changed;
  }

  /** Marks cells whose features have changed, and has them as they are; the others stay what land was made of. */
  private featuresChanged(was: Float32Array, is: Float32Array, changed: Uint8Array): void {
    const limit = TOLERANCE * Math.sqrt(is.reduce((sum, value) => sum + value * value, 0) / is.length);
    const cells = changed.length;
    for (let at = 0; at < is.length; at++) {
      if (Math.abs(is[at]! - was[at]!) > limit) changed[at % cells] = 1;
    }
    for (let at = 0; at < is.length; at++) if (changed[at % cells]) was[at] = is[at]!;
  }

  private spread(changed: Uint8Array): void {
    const { columns, rows, stale } = this;
    const reach = Math.ceil(this.reach / this.cell);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        if (!changed[row * columns + column]) continue;
        const right = Math.min(column + reach, columns - 1);
        for (let y = Math.max(row - reach, 0); y <= Math.min(row + reach, rows - 1); y++) {
          stale.fill(1, y * columns + Math.max(column - reach, 0), y * columns + right + 1);
        }
      }
    }
  }
}
