/** The document: what is painted, as labels and rough heights, and the one place that changes it. */
import { GUIDE_CELL, type PaintedMap, type RiverCourse } from "../engine/engine";
import { crop, type Rect } from "./rect";

export const WATER = 0;

export class MapDocument implements PaintedMap {
  readonly guideWidth: number;
  readonly guideHeight: number;
  guide: Float32Array | null = null;

  constructor(
    readonly width: number,
    readonly height: number,
    readonly labels: Uint8Array = new Uint8Array(width * height),
    guide: Float32Array | null = null,
    readonly courses: RiverCourse[] | null = null,
    readonly gsd: number | null = null,
  ) {
    if (labels.length !== width * height) throw new RangeError("labels don't fit the map's size");
    this.guideWidth = Math.ceil(width / GUIDE_CELL);
    this.guideHeight = Math.ceil(height / GUIDE_CELL);
    if (guide) {
      if (guide.length !== this.guideWidth * this.guideHeight) throw new RangeError("guide doesn't fit the map's size");
      this.guide = guide;
    }
  }

  static of({ width, height, labels, guide, courses, gsd }: PaintedMap): MapDocument {
    return new MapDocument(width, height, labels, guide, courses ?? null, gsd ?? null);
  }

  get bounds(): Rect {
    return { x: 0, y: 0, width: this.width, height: this.height };
  }

  /** The guide to write to; all unknown at first. */
  ensureGuide(): Float32Array {
    this.guide ??= new Float32Array(this.guideWidth * this.guideHeight).fill(NaN);
    return this.guide;
  }

  hasGuide(): boolean {
    return this.guide?.some((metres) => !Number.isNaN(metres)) ?? false;
  }

  copy(): MapDocument {
    return MapDocument.of({ ...this, labels: this.labels.slice(), guide: this.guide?.slice() ?? null });
  }
}

/** The guide of a part of the map: by cells where its sides lie on cells, else by pixels. */
export function guidePart(map: PaintedMap, rect: Rect): { data: Float32Array; width: number; height: number } | null {
  if (!map.guide) return null;
  const across = Math.ceil(map.width / GUIDE_CELL);
  const sides = [rect.x, rect.y, rect.width, rect.height];
  if (sides.every((side) => side % GUIDE_CELL === 0)) {
    const [x, y, width, height] = sides.map((side) => side / GUIDE_CELL) as [number, number, number, number];
    return { data: crop(map.guide, across, { x, y, width, height }), width, height };
  }
  const data = new Float32Array(rect.width * rect.height);
  for (let y = 0; y < rect.height; y++) {
    const row = Math.floor((rect.y + y) / GUIDE_CELL) * across;
    for (let x = 0; x < rect.width; x++) {
      data[y * rect.width + x] = map.guide[row + Math.floor((rect.x + x) / GUIDE_CELL)]!;
    }
  }
  return { data, width: rect.width, height: rect.height };
}

/** Rough heights of any resolution, `columns` a row, on the cells of a map's guide: the nearest of them. */
export function guideOnCells(data: Float32Array, columns: number, width: number, height: number): Float32Array {
  const rows = data.length / columns;
  const wide = Math.ceil(width / GUIDE_CELL);
  const high = Math.ceil(height / GUIDE_CELL);
  const out = new Float32Array(wide * high);
  for (let y = 0; y < high; y++) {
    const row = Math.min(rows - 1, Math.floor(((y + 0.5) / high) * rows));
    for (let x = 0; x < wide; x++) {
      out[y * wide + x] = data[row * columns + Math.min(columns - 1, Math.floor(((x + 0.5) / wide) * columns))]!;
    }
  }
  return out;
}
