/** The canvas that is painted on: the map, the terrain through it, the brush and what is being drawn. */
import { effect } from "@preact/signals";
import { type Rect, union } from "../document/rect";
import type { Point } from "../paint/spans";
import { mirrors } from "../paint/symmetry";
import type { Studio } from "../state/studio";
import { GUIDE_CELL } from "../engine/engine";
import { Painter } from "./brushes";
import { heightColour, paletteOf } from "./colours";
import { Gestures } from "./gestures";
import { onNextFrame, Raster, watchSize } from "./raster";
import { Viewport } from "./viewport";

const BRUSHES = new Set(["brush", "line", "smooth", "height"]);

export class PaintCanvas {
  readonly viewport: Viewport;
  readonly painter: Painter;
  readonly gestures: Gestures;
  private readonly context: CanvasRenderingContext2D;
  private readonly palette: Uint32Array;
  private readonly ends = new AbortController();
  private readonly draw = onNextFrame(() => this.paint());
  private labels!: Raster;
  private shaded!: Raster;
  private guide: Raster | null = null;
  private cursor: Point | null = null;
  /** Painted since the last frame: pictures are drawn once a frame, not once an event. */
  private dirty: Rect | null = null;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly studio: Studio,
  ) {
    this.context = canvas.getContext("2d")!;
    this.palette = paletteOf(studio.model.classes);
    this.viewport = new Viewport(this.draw);
    this.painter = new Painter(studio, this.draw);
    this.gestures = new Gestures(canvas, this.viewport, this.drawing(), this.ends.signal);
    this.until(
      effect(() => this.openDocument()),
      effect(() => this.openTerrain()),
      effect(() => this.followTools()),
      studio.onPaint((rect) => {
        this.dirty = union(this.dirty, rect);
        this.draw();
      }),
      watchSize(canvas, (width, height) => this.resize(width, height)),
    );
  }

  close(): void {
    this.ends.abort();
  }

  /** Shows the whole map. */
  fit(): void {
    const { clientWidth: width } = this.canvas;
    const narrow = width < 520;
    this.viewport.fit(this.studio.doc.peek(), narrow ? { top: 16, right: 12, bottom: 132, left: 12 } : MARGIN);
  }

  private until(...ends: (() => void)[]): void {
    for (const end of ends) this.ends.signal.addEventListener("abort", end);
  }

  private drawing() {
    const { painter } = this;
    return {
      down: (at: Point, event: PointerEvent) => painter.down(at, event),
      move: (points: Point[], event: PointerEvent) => painter.move(points, event),
      up: (at: Point) => painter.up(at),
      cancel: () => painter.cancel(),
      hover: (at: Point | null) => {
        this.cursor = at;
        this.draw();
      },
    };
  }

  private resize(width: number, height: number): void {
    const fresh = this.canvas.dataset["sized"] === undefined;
    const sharp = Math.min(2, devicePixelRatio);
    this.canvas.width = Math.round(width * sharp);
    this.canvas.height = Math.round(height * sharp);
    this.canvas.dataset["sized"] = "";
    this.viewport.resize(width, height);
    if (fresh) this.fit();
  }

  private openDocument(): void {
    const doc = this.studio.doc.value;
    this.painter.draft = null;
    this.labels = new Raster(doc.width, doc.height);
    this.drawLabels(doc.bounds);
    this.guide = null;
    this.drawGuide();
    this.fit();
  }

  private openTerrain(): () => void {
    const terrain = this.studio.terrain.value;
    const pixels = new Uint32Array(terrain.shaded.buffer);
    this.shaded = new Raster(terrain.width, terrain.height);
    return terrain.watch((rect) => {
      this.shaded.draw(rect, (at) => pixels[at]!);
      this.draw();
    });
  }

  private followTools(): void {
    const tool = this.studio.tool.value;
    this.gestures.panning = tool === "pan";
    this.canvas.dataset["tool"] = tool;
    if (tool !== "lasso") this.painter.draft = null;
    void [this.studio.overlay.value, this.studio.size.value, this.studio.symmetry.value, this.studio.label.value];
    this.drawGuide();
    this.draw();
  }

  private drawLabels(rect: Rect): void {
    const { labels } = this.studio.doc.peek();
    this.labels.draw(rect, (at) => this.palette[labels[at]!]!);
  }

  private drawGuide(): void {
    const doc = this.studio.doc.peek();
    const { guide } = doc;
    if (!guide || this.studio.tool.peek() !== "height") {
      this.guide = null;
      return;
    }
    this.guide ??= new Raster(doc.guideWidth, doc.guideHeight);
    const whole = { x: 0, y: 0, width: doc.guideWidth, height: doc.guideHeight };
    this.guide.draw(whole, (at) => (Number.isNaN(guide[at]!) ? 0 : heightColour(guide[at]! + 1)));
  }

  private paint(): void {
    const { context, viewport, studio } = this;
    if (this.dirty) {
      this.drawLabels(this.dirty);
      this.drawGuide();
      this.dirty = null;
    }
    const sharp = this.canvas.width / Math.max(1, this.canvas.clientWidth);
    const doc = studio.doc.peek();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.setTransform(viewport.scale * sharp, 0, 0, viewport.scale * sharp, viewport.x * sharp, viewport.y * sharp);
    context.imageSmoothingEnabled = viewport.scale < 1;
    context.drawImage(this.labels.canvas, 0, 0);
    if (this.shaded.width === doc.width && this.shaded.height === doc.height) {
      context.globalAlpha = studio.overlay.peek();
      context.drawImage(this.shaded.canvas, 0, 0);
    }
    if (this.guide) {
      context.globalAlpha = 0.75;
      context.imageSmoothingEnabled = true;
      context.drawImage(this.guide.canvas, 0, 0, doc.guideWidth * GUIDE_CELL, doc.guideHeight * GUIDE_CELL);
    }
    context.globalAlpha = 1;
    this.paintAids(1 / viewport.scale);
  }

  /** Axes of symmetry, what is being drawn, and the brush. `hair` is a screen pixel, in map pixels. */
  private paintAids(hair: number): void {
    const { studio } = this;
    const { width, height } = studio.doc.peek();
    const symmetry = studio.symmetry.peek();
    const path = new Path2D();
    if (symmetry === "left-right" || symmetry === "both")
      line(path, [
        { x: width / 2, y: 0 },
        { x: width / 2, y: height },
      ]);
    if (symmetry === "top-bottom" || symmetry === "both")
      line(path, [
        { x: 0, y: height / 2 },
        { x: width, y: height / 2 },
      ]);
    this.strokeTwice(path, hair, [4 * hair, 4 * hair]);
    const shapes = new Path2D();
    const { draft } = this.painter;
    const radius = studio.size.peek() / 2;
    for (const mirror of mirrors(symmetry, width, height)) {
      if (draft) line(shapes, [...draft.points, ...(this.cursor && draft.closed ? [this.cursor] : [])].map(mirror));
      if (!this.cursor || !BRUSHES.has(studio.tool.peek())) continue;
      const { x, y } = mirror(this.cursor);
      shapes.moveTo(x + radius, y);
      shapes.arc(x, y, radius, 0, 2 * Math.PI);
    }
    this.strokeTwice(shapes, hair, []);
  }

  /** Dark around light, to be seen on any ground. */
  private strokeTwice(path: Path2D, hair: number, dash: number[]): void {
    const { context } = this;
    context.setLineDash(dash);
    context.lineWidth = 3 * hair;
    context.strokeStyle = "rgb(0 0 0 / 0.35)";
    context.stroke(path);
    context.lineWidth = 1.25 * hair;
    context.strokeStyle = "rgb(255 255 255 / 0.95)";
    context.stroke(path);
  }
}

const MARGIN = { top: 28, right: 28, bottom: 108, left: 84 };

function line(path: Path2D, points: Point[]): void {
  points.forEach(({ x, y }, at) => (at === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
}
