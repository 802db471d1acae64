/** Mouse, pen and touch on a canvas: one pointer draws; two fingers, the wheel and the middle button move the map. */
import type { Point } from "../paint/spans";
import type { Viewport } from "./viewport";

/** What drawing means. Points are in map pixels. */
export interface Drawing {
  down(at: Point, event: PointerEvent): void;
  move(points: Point[], event: PointerEvent): void;
  up(at: Point, event: PointerEvent): void;
  /** The stroke was the beginning of something else. */
  cancel(): void;
  /** The pointer is here without drawing; null when it has left. */
  hover(at: Point | null): void;
}

export class Gestures {
  /** While held, one pointer moves the map, too. */
  panning = false;
  private readonly fingers = new Map<number, Point>();
  private mode: "none" | "draw" | "pan" = "none";

  constructor(
    private readonly element: HTMLElement,
    private readonly viewport: Viewport,
    private readonly drawing: Drawing,
    signal: AbortSignal,
  ) {
    const on = { signal };
    element.addEventListener("pointerdown", (event) => this.down(event), on);
    element.addEventListener("pointermove", (event) => this.move(event), on);
    element.addEventListener("pointerup", (event) => this.up(event), on);
    element.addEventListener("pointercancel", (event) => this.drop(event), on);
    element.addEventListener("pointerleave", () => drawing.hover(null), on);
    element.addEventListener("contextmenu", (event) => event.preventDefault(), on);
    element.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
  }

  private at(event: MouseEvent): Point {
    const box = this.element.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  private down(event: PointerEvent): void {
    this.element.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, this.at(event));
    if (this.fingers.size > 1) {
      if (this.mode === "draw") this.drawing.cancel();
      this.mode = "pan";
    } else if (this.panning || event.button !== 0) {
      this.mode = "pan";
    } else {
      this.mode = "draw";
      this.drawing.down(this.viewport.toMap(this.at(event)), event);
    }
  }

  private move(event: PointerEvent): void {
    const now = this.at(event);
    const map = this.viewport.toMap(now);
    if (this.mode === "pan" && this.fingers.has(event.pointerId)) this.pan(event.pointerId, now);
    if (this.mode === "draw") {
      const all = event.getCoalescedEvents();
      const points = all.length > 0 ? all.map((each) => this.viewport.toMap(this.at(each))) : [map];
      this.drawing.move(points, event);
    }
    if (event.pointerType !== "touch") this.drawing.hover(map);
  }

  /** One finger drags; two drag and zoom. */
  private pan(id: number, now: Point): void {
    const before = this.fingers.get(id)!;
    const other = [...this.fingers].find(([key]) => key !== id)?.[1];
    this.fingers.set(id, now);
    if (!other) return this.viewport.pan(now.x - before.x, now.y - before.y);
    const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
    const apart = (point: Point): number => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
    this.viewport.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    this.viewport.zoom(apart(now) / apart(before), middle);
  }

  private up(event: PointerEvent): void {
    this.fingers.delete(event.pointerId);
    if (this.mode === "draw") this.drawing.up(this.viewport.toMap(this.at(event)), event);
    if (this.fingers.size === 0) this.mode = "none";
  }

  private drop(event: PointerEvent): void {
    this.fingers.delete(event.pointerId);
    if (this.mode === "draw") this.drawing.cancel();
    if (this.fingers.size === 0) this.mode = "none";
  }

  private wheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    const speed = event.ctrlKey ? 0.01 : 0.0015;
    this.viewport.zoom(Math.exp(-event.deltaY * lines * speed), this.at(event));
  }
}
