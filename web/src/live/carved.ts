/** Land that water has carved, and what it was carved of. */
import type { MapDocument } from "../document/document";
import type { CarvedTerrain, Carving, Choices, RiverCourse } from "../engine/engine";
import { type Carved, heightAt, type Land, spread } from "./land";

export class CarvedLand implements Land {
  readonly width: number;
  readonly height: number;
  readonly detail: number;
  readonly texture: Uint8Array;
  readonly shaded: Uint8Array;
  readonly heights: Float32Array;
  readonly labels: Uint8Array;
  readonly carved: Carved;

  constructor(terrain: CarvedTerrain) {
    const { width, height, detail, heights, labels, water, rivers, reaches } = terrain;
    [this.width, this.height, this.detail] = [width, height, detail];
    this.texture = opaque(terrain.texture);
    this.shaded = opaque(terrain.shaded);
    [this.heights, this.labels] = [heights, labels];
    this.carved = { water, rivers, reaches };
  }

  metresAt(x: number, y: number): number {
    return heightAt(this, x, y);
  }

  /** It never changes. */
  watch(): () => void {
    return () => undefined;
  }
}

function opaque(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint32Array(rgb.length / 3);
  spread(rgb, rgba, 0, 0, rgba.length);
  return new Uint8Array(rgba.buffer);
}

/** A map as it was, to know it again when undo comes back to it. */
export class Snapshot {
  private readonly labels: Uint8Array;
  private readonly guide: Float32Array | null;
  private readonly size: string;
  private readonly courses: RiverCourse[] | null;
  private readonly gsd: number | null;
  private readonly made: string;

  constructor(doc: MapDocument, choices: Choices) {
    this.labels = doc.labels.slice();
    this.guide = doc.hasGuide() ? doc.guide!.slice() : null;
    this.size = sizeOf(doc);
    this.courses = doc.courses;
    this.gsd = doc.gsd;
    this.made = JSON.stringify(choices);
  }

  isOf(doc: MapDocument, choices: Choices): boolean {
    return (
      this.size === sizeOf(doc) &&
      this.courses === doc.courses &&
      this.gsd === doc.gsd &&
      this.made === JSON.stringify(choices) &&
      this.labels.every((label, at) => label === doc.labels[at]) &&
      this.hasGuide(doc)
    );
  }

  private hasGuide(doc: MapDocument): boolean {
    const now = doc.hasGuide() ? doc.guide! : null;
    if (!this.guide || !now) return this.guide === now;
    return this.guide.every((metres, at) => Object.is(metres, now[at]));
  }
}

const sizeOf = ({ width, height }: MapDocument): string => `${width} ${height}`;

/** Whether two ways to carve are the same. */
export const isSameCarving = (a: Carving, b: Carving): boolean =>
  a.detail === b.detail &&
  a.draw_rivers === b.draw_rivers &&
  a.sea_lakes === b.sea_lakes &&
  a.sea_rivers === b.sea_rivers;

/** What settings of any origin say of how to carve. */
export function readCarving(settings: unknown): Partial<Carving> {
  const { detail, draw_rivers, sea_lakes, sea_rivers } = (settings ?? {}) as Record<string, unknown>;
  return {
    ...(typeof detail === "number" && { detail }),
    ...(typeof draw_rivers === "boolean" && { draw_rivers }),
    ...(typeof sea_lakes === "boolean" && { sea_lakes }),
    ...(typeof sea_rivers === "boolean" && { sea_rivers }),
  };
}
