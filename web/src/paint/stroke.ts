/** From positions of a pointer to changes of the document, with symmetry, and one undo step a stroke. */
import type { MapDocument } from "../document/document";
import { Recorder, type Step } from "../document/history";
import { clip, type Rect, union } from "../document/rect";
import { floodFill } from "./fill";
import { dab, type Ground, type Sculpting } from "./sculpt";
import { type Run, smooth } from "./smooth";
import { around, capsule, type Point, polygon, type Span } from "./spans";
import { type Mirror, mirrors, type Symmetry } from "./symmetry";

export interface Brush {
  label: number;
  /** Diameter, pixels. */
  size: number;
  symmetry: Symmetry;
}

/** A stroke in the making. Every method returns where the map has changed, for the eye. */
export class Stroke {
  private readonly recorder: Recorder;
  private readonly mirrors: Mirror[];
  private changed: Rect | null = null;

  constructor(
    private readonly doc: MapDocument,
    private readonly brush: Brush,
  ) {
    this.recorder = new Recorder(doc);
    this.mirrors = mirrors(brush.symmetry, doc.width, doc.height);
  }

  line(a: Point, b: Point): void {
    const radius = this.brush.size / 2;
    this.mirrored([a, b], radius, ([from, to]) => capsule(from!, to!, radius, this.paint));
  }

  area(corners: readonly Point[]): void {
    this.mirrored(corners, 1, (mirrored) => polygon(mirrored, this.paint));
  }

  fill(at: Point): void {
    // How far it goes is known only afterwards.
    this.recorder.touch(this.doc.bounds);
    for (const mirror of this.mirrors) {
      const { x, y } = mirror({ x: Math.floor(at.x) + 0.5, y: Math.floor(at.y) + 0.5 });
      const filled = floodFill(this.doc, Math.floor(x), Math.floor(y), this.brush.label);
      if (filled) this.changed = union(this.changed, filled);
    }
  }

  smooth(at: Point): void {
    const radius = Math.max(3, this.brush.size / 2);
    this.mirrored([at], radius, ([centre]) => {
      const runs: Run[] = [];
      capsule(centre!, centre!, radius, (y, from, to) => runs.push({ y, from, to }));
      smooth(this.doc, runs);
    });
  }

  smoothAll(): void {
    this.recorder.touch(this.doc.bounds);
    smooth(
      this.doc,
      Array.from({ length: this.doc.height }, (_, y) => ({ y, from: 0, to: this.doc.width })),
    );
    this.changed = this.doc.bounds;
  }

  clear(): void {
    this.recorder.touch(this.doc.bounds);
    if (this.doc.guide) this.recorder.touchGuide(this.doc.bounds);
    this.doc.labels.fill(this.brush.label);
    this.doc.guide = null;
    this.changed = this.doc.bounds;
  }

  sculpt(at: Point, how: Sculpting, level: number, strength: number, ground: Ground): void {
    const radius = this.brush.size / 2;
    for (const mirror of this.mirrors) {
      const centre = mirror(at);
      const rect = around([centre], Math.max(radius, 8));
      this.recorder.touchGuide(rect);
      dab(this.doc, centre, radius, how, level, strength, ground);
      this.note(rect);
    }
  }

  /** Forgets every height that was given by hand. */
  forgetHeights(): void {
    this.recorder.touchGuide(this.doc.bounds);
    this.doc.guide = null;
    this.changed = this.doc.bounds;
  }

  /** What has changed since the last call. */
  takeChanged(): Rect | null {
    const { changed } = this;
    this.changed = null;
    return changed;
  }

  finish(): Step | null {
    return this.recorder.finish();
  }

  private mirrored(points: readonly Point[], reach: number, draw: (points: Point[]) => void): void {
    for (const mirror of this.mirrors) {
      const there = points.map(mirror);
      const rect = around(there, reach);
      this.recorder.touch(rect);
      draw(there);
      this.note(rect);
    }
  }

  private note(rect: Rect): void {
    this.changed = union(this.changed, clip(rect, this.doc.width, this.doc.height));
  }

  private readonly paint: Span = (y, from, to) => {
    if (y < 0 || y >= this.doc.height) return;
    const start = y * this.doc.width;
    const left = Math.max(0, from);
    const right = Math.min(this.doc.width, to);
    if (left < right) this.doc.labels.fill(this.brush.label, start + left, start + right);
  };
}
