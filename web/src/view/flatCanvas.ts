/** Flat views of the terrain, with what is under the pointer and a line to take a profile along. */
import { effect, type ReadonlySignal, type Signal } from "@preact/signals";
import type { Rect } from "../document/rect";
import { DRY, type Reach } from "../engine/engine";
import { type Land, pixelAt } from "../live/land";
import type { Point } from "../paint/spans";
import type { View } from "../state/look";
import type { Studio } from "../state/studio";
import { heightColour, paletteOf, paperOf } from "./colours";
import { Gestures } from "./gestures";
import { Picture } from "./picture";
import { onNextFrame, watchSize } from "./raster";
import { Rivers } from "./rivers";
import { Viewport } from "./viewport";

const CLOSE = 7; // of the page's pixels between a river and the pointer that is on it

export interface Under {
  at: Point;
  metres: number;
  label: string;
  river: Reach | null;
}

export class FlatCanvas {
  readonly viewport: Viewport;
  private readonly context: CanvasRenderingContext2D;
  private readonly palette: Uint32Array;
  private readonly ends = new AbortController();
  private readonly draw = onNextFrame(() => this.paint());
  private picture!: Picture;
  private rivers: Rivers | null = null;
  private size: { width: number; height: number } | null = null;

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

  /** Shows the view that is chosen, of the land that is open. */
  private follow(): () => void {
    const doc = this.studio.doc.value;
    const land = this.studio.land.value;
    const view = this.view.value;
    const before = this.size;
    this.size = { width: doc.width, height: doc.height };
    this.picture = view === "map" ? new Picture(doc.width, doc.height) : new Picture(land.width, land.height);
    this.rivers = view === "rivers" && land.carved ? new Rivers(land.carved.reaches) : null;
    this.redraw({ x: 0, y: 0, width: this.picture.width, height: this.picture.height });
    if (before?.width !== doc.width || before.height !== doc.height) this.fit();
    return land.watch((rect) => this.redraw(rect));
  }

  private redraw(rect: Rect): void {
    this.picture.draw(rect, this.colours(this.studio.land.peek()));
    this.draw();
  }

  /** The RGBA of each pixel of the view. */
  private colours(land: Land): (at: number) => number {
    const { heights, texture, shaded, carved } = land;
    const view = this.view.peek();
    if (view === "rivers") return paperOf(land, this.studio.gsd.peek());
    if (view === "map") {
      const { labels } = this.studio.doc.peek();
      return (at) => this.palette[labels[at]!]!;
    }
    if (view === "height") {
      return (at) => heightColour(carved && carved.water[at] !== DRY ? 0 : heights[at]!);
    }
    const pixels = new Uint32Array((view === "texture" ? texture : shaded).buffer);
    return (at) => pixels[at]!;
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
    const { width, height } = this.studio.doc.peek();
    const before = this.under.peek()?.river;
    const inside = at && at.x >= 0 && at.y >= 0 && at.x < width && at.y < height;
    this.under.value = inside ? this.readingAt(at) : null;
    if (this.under.value?.river !== before) this.draw();
  }

  private readingAt(at: Point): Under {
    const land = this.studio.land.peek();
    const label = land.labels[pixelAt(land, at.x, at.y)]!;
    return {
      at,
      metres: land.metresAt(at.x, at.y),
      label: this.studio.model.classes[label]!.name,
      river: this.rivers?.near(at, CLOSE / this.viewport.scale) ?? null,
    };
  }

  private paint(): void {
    const { context, viewport } = this;
    const sharp = this.canvas.width / Math.max(1, this.canvas.clientWidth);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.setTransform(viewport.scale * sharp, 0, 0, viewport.scale * sharp, viewport.x * sharp, viewport.y * sharp);
    const { width, height } = this.studio.doc.peek();
    context.imageSmoothingEnabled = (viewport.scale * width) / this.picture.width < 3;
    context.drawImage(this.picture.seenAt(width * viewport.scale * sharp), 0, 0, width, height);
    this.rivers?.draw(context, viewport.scale, this.under.peek()?.river ?? null);
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
