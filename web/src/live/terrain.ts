/** The terrain as it is known now: windows of it are put where they belong. */
import type { Rect } from "../document/rect";
import type { TerrainWindow } from "../engine/engine";
import { heightAt, type Land, spread } from "./land";

export class TerrainStore implements Land {
  readonly detail = 1;
  readonly carved = null;
  readonly texture: Uint8Array;
  readonly shaded: Uint8Array;
  readonly heights: Float32Array;
  /** Whether every pixel has come from the engine at least once. */
  complete = false;
  private readonly watchers = new Set<(rect: Rect) => void>();

  /**
   * @param labels - (height, width), shown flat until there is land.
   * @param palette - the RGBA of each label, as bytes lie in memory.
   */
  constructor(
    readonly width: number,
    readonly height: number,
    readonly labels: Uint8Array,
    palette: Uint32Array,
  ) {
    this.texture = new Uint8Array(Uint32Array.from(labels, (label) => palette[label]!).buffer);
    this.shaded = new Uint8Array(width * height * 4);
    this.heights = new Float32Array(width * height);
  }

  merge(window: TerrainWindow): void {
    const [texture, shaded] = [new Uint32Array(this.texture.buffer), new Uint32Array(this.shaded.buffer)];
    for (let row = 0; row < window.height; row++) {
      const to = (window.y + row) * this.width + window.x;
      const from = row * window.width;
      this.heights.set(window.heights.subarray(from, from + window.width), to);
      spread(window.texture, texture, from, to, window.width);
      spread(window.shaded, shaded, from, to, window.width);
    }
    for (const watcher of this.watchers) watcher(window);
  }

  /** @returns a function that ends it. */
  watch(watcher: (rect: Rect) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  metresAt(x: number, y: number): number {
    return heightAt(this, x, y);
  }
}
