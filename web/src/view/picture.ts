/** A picture of land, with halves of it to be seen from afar: fine land would flicker otherwise. */
import type { Rect } from "../document/rect";
import { Raster } from "./raster";

export class Picture {
  /** Each half as large as the one before it; those after the first are made when they are needed. */
  private readonly levels: Raster[];
  private readonly fresh = new Set<Raster>();

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.levels = [new Raster(width, height)];
  }

  draw(rect: Rect, colour: (at: number) => number): void {
    this.levels[0]!.draw(rect, colour);
    this.fresh.clear();
  }

  /** @param across - pixels of the screen that its width takes. */
  seenAt(across: number): HTMLCanvasElement {
    const level = levelFor(this.width, across);
    for (let at = 1; at <= level; at++) {
      const above = this.levels[at - 1]!;
      const raster = (this.levels[at] ??= new Raster(Math.ceil(above.width / 2), Math.ceil(above.height / 2)));
      if (!this.fresh.has(raster)) raster.shrink(above);
      this.fresh.add(raster);
    }
    return this.levels[level]!.canvas;
  }
}

/** How often a picture is halved so that it still has a pixel for each of the screen's. */
export function levelFor(width: number, across: number): number {
  return Math.max(0, Math.floor(Math.log2(width / Math.max(1, across))));
}
