/** Rivers as lines: wider the more rivers have joined, and found again under the pointer. */
import type { Reach } from "../engine/engine";
import type { Point } from "../paint/spans";

const CELL = 8; // pixels of the map a side of a cell of the index
const INK = "rgb(38 96 150)";
const MARK = "rgb(226 96 42)";

export class Rivers {
  private readonly cells = new Map<string, Set<Reach>>();
  private readonly paths = new Map<number, Path2D>(); // by order

  constructor(private readonly reaches: readonly Reach[]) {
    for (const reach of reaches) {
      for (const [x, y] of reach.line) {
        const key = keyOf(x, y);
        const here = this.cells.get(key);
        if (here) here.add(reach);
        else this.cells.set(key, new Set([reach]));
      }
    }
  }

  /** The river within so many pixels of the map; of several, the nearest. */
  near({ x, y }: Point, within: number): Reach | null {
    let [found, least]: [Reach | null, number] = [null, within];
    const reach = Math.ceil(within / CELL);
    const seen = new Set<Reach>();
    for (let down = -reach; down <= reach; down++) {
      for (let right = -reach; right <= reach; right++) {
        for (const each of this.cells.get(keyOf(x + right * CELL, y + down * CELL)) ?? []) {
          if (seen.has(each)) continue;
          seen.add(each);
          const away = distanceTo(each.line, x, y);
          if (away <= least) [found, least] = [each, away];
        }
      }
    }
    return found;
  }

  /** Draws them all on a context whose unit is a pixel of the map, `scale` of which are one of the page's. */
  draw(context: CanvasRenderingContext2D, scale: number, marked: Reach | null): void {
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = INK;
    for (const [order, path] of this.pathsByOrder()) {
      context.lineWidth = lineWidth(order, scale) / scale;
      context.globalAlpha = Math.min(1, 0.4 + 0.15 * order + 0.1 * scale);
      context.stroke(path);
    }
    context.globalAlpha = 1;
    if (!marked) return;
    context.strokeStyle = MARK;
    context.lineWidth = (lineWidth(marked.order, scale) + 1.5) / scale;
    context.stroke(pathOf([marked]));
  }

  private pathsByOrder(): Map<number, Path2D> {
    if (this.paths.size === 0) {
      for (const order of [...new Set(this.reaches.map((reach) => reach.order))].sort((a, b) => a - b)) {
        this.paths.set(order, pathOf(this.reaches.filter((reach) => reach.order === order)));
      }
    }
    return this.paths;
  }
}

/** Of the page's pixels, at a scale of so many of them a pixel of the map. */
export function lineWidth(order: number, scale: number): number {
  return 0.5 * 1.45 ** (order - 1) * Math.max(1, scale) ** 0.4;
}

/** What is said of a river, in words. */
export function wordsFor({ name, order, discharge, area, width }: Reach): string[] {
  const number = (value: number): string =>
    (value < 10 ? Math.round(value * 10) / 10 : Math.round(value)).toLocaleString("en");
  return [
    name ? `${name}, order ${order}` : `River of order ${order}`,
    `${number(discharge)} m³/s`,
    `${number(width)} m wide`,
    `from ${number(area)} km²`,
  ];
}

const keyOf = (x: number, y: number): string => `${Math.floor(x / CELL)} ${Math.floor(y / CELL)}`;

function pathOf(reaches: readonly Reach[]): Path2D {
  const path = new Path2D();
  for (const { line } of reaches) line.forEach(([x, y], at) => (at === 0 ? path.moveTo(x, y) : path.lineTo(x, y)));
  return path;
}

function distanceTo(line: readonly [number, number][], x: number, y: number): number {
  let least = Infinity;
  for (let at = 1; at < line.length; at++) {
    const [fromX, fromY] = line[at - 1]!;
    const [alongX, alongY] = [line[at]![0] - fromX, line[at]![1] - fromY];
    const squared = alongX ** 2 + alongY ** 2;
    const part = squared && Math.max(0, Math.min(1, ((x - fromX) * alongX + (y - fromY) * alongY) / squared));
    least = Math.min(least, Math.hypot(x - fromX - part * alongX, y - fromY - part * alongY));
  }
  return least;
}
