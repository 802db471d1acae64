/** Each tool as a `Drawing`: what a pointer that goes down, moves and goes up does to the document. */
import type { Point } from "../paint/spans";
import type { Stroke } from "../paint/stroke";
import type { Studio } from "../state/studio";

const CLICK = 3; // map pixels that a lasso's pointer may move and still set a corner
const NEAR = 8; // map pixels around its first corner that close a lasso

/** A shape that is not in the document yet. */
export interface Draft {
  points: Point[];
  closed: boolean;
}

export class Painter {
  draft: Draft | null = null;
  private stroke: Stroke | null = null;
  private last: Point | null = null;
  private start: Point | null = null;
  private strength = 1;

  constructor(
    private readonly studio: Studio,
    private readonly redraw: () => void,
  ) {}

  down(at: Point, event: { pressure: number; altKey: boolean }): void {
    const { studio } = this;
    this.strength = event.pressure > 0 ? event.pressure * 2 : 1;
    this.start = this.last = at;
    const tool = event.altKey ? "pick" : studio.tool.value;
    if (tool === "pick") return this.pick(at);
    if (tool === "line") this.draft = { points: [at, at], closed: false };
    else if (tool === "lasso") this.lassoDown(at);
    else if (tool !== "pan") this.paint(tool, [at]);
    this.redraw();
  }

  move(points: Point[], event: { pressure: number; shiftKey: boolean }): void {
    if (event.pressure > 0) this.strength = event.pressure * 2;
    const at = points.at(-1)!;
    if (this.stroke) this.paint(this.studio.tool.value, points);
    else if (this.draft && this.studio.tool.value === "line") {
      this.draft.points[1] = event.shiftKey ? straight(this.draft.points[0]!, at) : at;
    } else if (this.draft && this.start && distance(this.start, at) > CLICK) this.draft.points.push(...points);
    this.redraw();
  }

  up(at: Point): void {
    const { studio, draft } = this;
    if (this.stroke) {
      studio.commit(this.stroke, this.last);
      this.stroke = null;
    } else if (draft && studio.tool.value === "line") {
      const [from, to] = draft.points as [Point, Point];
      this.finish((stroke) => stroke.line(from, to), to);
    } else if (draft && this.start) this.lassoUp(at);
    this.start = null;
    this.redraw();
  }

  cancel(): void {
    if (this.stroke) this.studio.cancel(this.stroke);
    this.stroke = null;
    this.draft = null;
    this.start = null;
    this.redraw();
  }

  /** Closes the polygon that is being drawn, if any. */
  close(): void {
    const { draft } = this;
    if (!draft || this.studio.tool.value !== "lasso") return;
    this.finish((stroke) => stroke.area(draft.points), draft.points.at(-1)!);
  }

  private lassoDown(at: Point): void {
    const first = this.draft?.points[0];
    if (first && this.draft!.points.length > 2 && distance(first, at) < NEAR) return this.close();
    if (this.draft) this.draft.points.push(at);
    else this.draft = { points: [at], closed: true };
  }

  /** A drag ends the lasso; a click has set a corner. */
  private lassoUp(at: Point): void {
    if (distance(this.start!, at) > CLICK) this.close();
  }

  private finish(draw: (stroke: Stroke) => void, focus: Point): void {
    this.draft = null;
    const stroke = this.studio.begin();
    draw(stroke);
    this.studio.commit(stroke, focus);
    this.redraw();
  }

  private pick(at: Point): void {
    const { width, height, labels } = this.studio.doc.value;
    const x = Math.floor(at.x);
    const y = Math.floor(at.y);
    if (x >= 0 && y >= 0 && x < width && y < height) this.studio.label.value = labels[y * width + x]!;
  }

  private paint(tool: string, points: Point[]): void {
    const { studio } = this;
    const first = !this.stroke;
    this.stroke ??= studio.begin();
    // Discs that do more where they overlap are set apart, however often the pointer reports.
    const apart = tool === "brush" ? 0 : Math.max(2, studio.size.value / 6);
    for (const at of points) {
      if (!first && distance(this.last!, at) < apart) continue;
      const { stroke } = this;
      if (tool === "brush") stroke.line(this.last!, at);
      else if (tool === "smooth") stroke.smooth(at);
      else if (tool === "height") this.sculpt(stroke, at);
      else if (tool === "fill" && first) stroke.fill(at);
      this.last = at;
    }
    studio.painted(this.stroke);
  }

  private sculpt(stroke: Stroke, at: Point): void {
    const { sculpting, level, terrain } = this.studio;
    stroke.sculpt(at, sculpting.value, level.value, Math.min(1, this.strength), (x, y) => terrain.value.metresAt(x, y));
  }
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

/** The end of the line from `a` to `b`, turned to the nearest multiple of 45 degrees. */
export function straight(a: Point, b: Point): Point {
  const turn = Math.round(Math.atan2(b.y - a.y, b.x - a.x) / (Math.PI / 4)) * (Math.PI / 4);
  const length = distance(a, b);
  return { x: a.x + Math.cos(turn) * length, y: a.y + Math.sin(turn) * length };
}
