/** Flat views of the terrain, with what is under the pointer and a line to take a profile along. */
import { effect, type ReadonlySignal, type Signal } from "@preact/signals";
import type { Rect } from "../document/rect";
import type { Point } from "../paint/spans";
import type { View } from "../state/look";
import type { Studio } from "../state/studio";
import { heightColour, paletteOf } from "./colours";
import { Gestures } from "./gestures";
import { onNextFrame, Raster, watchSize } from "./raster";
import { Viewport } from "./viewport";

export interface Under {
  at: Point;
  metres: number;
  label: string;
}

export class FlatCanvas {
  readonly viewport: Viewport;
  private readonly context: CanvasRenderingContext2D;
  private readonly palette: Uint32Array;
  private readonly ends = new AbortController();
  private readonly draw = onNextFrame(() => this.paint());
  private picture!: Raster;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly studio: Studio,
    private readonly view: ReadonlySignal<View>,
    private readonly under: Signal<Under | null>,
    private readonly line: Signal<[Point, Point] | null>,
  ) {
    this.context = canvas.getContext("2d")!;
    this.palette = paletteOf(studio.model.classes);
    this.viewport = new Viewport(this.draw);
    new Gestures(canvas, this.viewport, this.drawing(), this.ends.signal);
    let first = true;
    const ends = [
      effect(() => this.follow()),
      effect(() => {
        void line.value;
        this.draw();
      }),
      studio.onPaint((rect) => view.peek() === "map" && this.redraw(rect)),
      watchSize(canvas, (width, height) => {
        const sharp = Math.min(2, devicePixelRatio);
        canvas.width = Math.round(width * sharp);
        canvas.height = Math.round(height * sharp);
        this.viewport.resize(width, height);
        if (first) this.fit();
        first = false;
      }),
    ];
    for (const end of ends) this.ends.signal.addEventListener("abort", end);
  }

  close(): void {
    this.ends.abort();
  }

  fit(): void {
    this.viewport.fit(this.studio.doc.peek(), { top: 72, right: 28, bottom: 64, left: 28 });
  }

  /** Shows the view that is chosen, of the terrain that is open. */
  private follow(): () => void {
    const terrain = this.studio.terrain.value;
    void this.view.value;
    const before = this.picture as Raster | undefined;
    this.picture = new Raster(terrain.width, terrain.height);
    this.redraw({ x: 0, y: 0, width: terrain.width, height: terrain.height });
    if (before?.width !== terrain.width || before.height !== terrain.height) this.fit();
    return terrain.watch((rect) => this.redraw(rect));
  }

  private redraw(rect: Rect): void {
    const { heights, texture, shaded } = this.studio.terrain.peek();
    const { labels } = this.studio.doc.peek();
    const view = this.view.peek();
    if (view === "height") this.picture.draw(rect, (at) => heightColour(heights[at]!));
    else if (view === "map") this.picture.draw(rect, (at) => this.palette[labels[at]!]!);
    else {
      const pixels = new Uint32Array((view === "texture" ? texture : shaded).buffer);
      this.picture.draw(rect, (at) => pixels[at]!);
    }
    this.draw();
  }

  private drawing() {
    let start: Point | null = null;
    return {
      down: (at: Point) => (start = at),
      move: (points: Point[]) => start && (this.line.value = [start, points.at(-1)!]),
      up: (at: Point) => {
        if (start && Math.hypot(at.x - start.x, at.y - start.y) < 4 / this.viewport.scale) this.line.value = null;
        this.hover(at);
        start = null;
      },
      cancel: () => (start = null),
      hover: (at: Point | null) => this.hover(at),
    };
  }

  private hover(at: Point | null): void {
    const { width, height, labels } = this.studio.doc.peek();
    const inside = at && at.x >= 0 && at.y >= 0 && at.x < width && at.y < height;
    if (!inside) {
      this.under.value = null;
      return;
    }
    const label = labels[Math.floor(at.y) * width + Math.floor(at.x)]!;
    const metres = this.studio.terrain.peek().metresAt(at.x, at.y);
    this.under.value = { at, metres, label: this.studio.model.classes[label]!.name };
  }

  private paint(): void {
    const { context, viewport } = this;
    const sharp = this.canvas.width / Math.max(1, this.canvas.clientWidth);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.setTransform(viewport.scale * sharp, 0, 0, viewport.scale * sharp, viewport.x * sharp, viewport.y * sharp);
    context.imageSmoothingEnabled = viewport.scale < 3;
    context.drawImage(this.picture.canvas, 0, 0);
    const ends = this.line.peek();
    if (!ends) return;
    for (const [width, colour] of [
      [4, "rgb(0 0 0 / 0.45)"],
      [2, "#fff"],
    ] as const) {
      context.lineWidth = width / viewport.scale;
      context.strokeStyle = colour;
      context.lineCap = "round";
      context.beginPath();
      context.moveTo(ends[0].x, ends[0].y);
      context.lineTo(ends[1].x, ends[1].y);
      context.stroke();
    }
  }
}
