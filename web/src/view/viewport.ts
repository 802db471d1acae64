/** Which part of a map a canvas shows: map pixel p lies at `p * scale + offset` (CSS pixels). */
import type { Point } from "../paint/spans";

const MAX_SCALE = 32;

export class Viewport {
  scale = 1;
  x = 0;
  y = 0;
  private width = 1;
  private height = 1;
  private map = { width: 1, height: 1 };

  constructor(private readonly onChange: () => void) {}

  /** The canvas has a new size, CSS pixels. What was in the middle stays there. */
  resize(width: number, height: number): void {
    this.x += (width - this.width) / 2;
    this.y += (height - this.height) / 2;
    this.width = width;
    this.height = height;
    this.onChange();
  }

  /** Shows all of a map, between margins (CSS pixels) that panels cover. */
  fit(map: { width: number; height: number }, margin = { top: 24, right: 24, bottom: 24, left: 24 }): void {
    this.map = map;
    const wide = Math.max(40, this.width - margin.left - margin.right);
    const high = Math.max(40, this.height - margin.top - margin.bottom);
    this.scale = Math.min(wide / map.width, high / map.height);
    this.x = margin.left + (wide - map.width * this.scale) / 2;
    this.y = margin.top + (high - map.height * this.scale) / 2;
    this.onChange();
  }

  toMap({ x, y }: Point): Point {
    return { x: (x - this.x) / this.scale, y: (y - this.y) / this.scale };
  }

  toScreen({ x, y }: Point): Point {
    return { x: x * this.scale + this.x, y: y * this.scale + this.y };
  }

  pan(dx: number, dy: number): void {
    this.x += dx;
    this.y += dy;
    this.keepInSight();
    this.onChange();
  }

  /** Zooms by a factor; the map stays where it is under `at` (CSS pixels). */
  zoom(factor: number, at: Point = { x: this.width / 2, y: this.height / 2 }): void {
    const least = Math.min(1, (Math.min(this.width, this.height) / Math.max(this.map.width, this.map.height)) * 0.5);
    const scale = Math.max(least, Math.min(MAX_SCALE, this.scale * factor));
    this.x = at.x - ((at.x - this.x) / this.scale) * scale;
    this.y = at.y - ((at.y - this.y) / this.scale) * scale;
    this.scale = scale;
    this.keepInSight();
    this.onChange();
  }

  /** A map that was panned out of sight would be lost. */
  private keepInSight(): void {
    const within = (value: number, size: number, shown: number): number =>
      Math.max(shown * 0.25 - size, Math.min(shown * 0.75, value));
    this.x = within(this.x, this.map.width * this.scale, this.width);
    this.y = within(this.y, this.map.height * this.scale, this.height);
  }
}
