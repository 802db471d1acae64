/** The height brush: rough heights, a soft disc at a time. */
import type { MapDocument } from "../document/document";
import { GUIDE_CELL } from "../engine/engine";
import type { Point } from "./spans";

export type Sculpting = "raise" | "lower" | "level";

export const MAX_METRES = 9000;
const RATE = 150; // metres that raising adds at a disc's centre, a dab

/** What heights are before anything is known about them. */
export type Ground = (x: number, y: number) => number;

/**
 * One dab at `at`. Cells that are unknown start from the ground as it is now.
 *
 * @param radius - pixels.
 * @param level - metres that levelling goes to.
 * @param strength - 0 to 1, from a pen's pressure.
 */
export function dab(
  doc: MapDocument,
  at: Point,
  radius: number,
  how: Sculpting,
  level: number,
  strength: number,
  ground: Ground,
): void {
  const guide = doc.ensureGuide();
  // A disc smaller than a cell still has the cell that it lies in.
  const reach = Math.max(radius, GUIDE_CELL * 0.75);
  const cell = (value: number, most: number): number => Math.max(0, Math.min(most - 1, Math.floor(value / GUIDE_CELL)));
  for (let row = cell(at.y - reach, doc.guideHeight); row <= cell(at.y + reach, doc.guideHeight); row++) {
    for (let column = cell(at.x - reach, doc.guideWidth); column <= cell(at.x + reach, doc.guideWidth); column++) {
      const x = (column + 0.5) * GUIDE_CELL;
      const y = (row + 0.5) * GUIDE_CELL;
      const far = Math.hypot(x - at.x, y - at.y) / reach;
      if (far >= 1) continue;
      const weight = strength * (1 - far * far) ** 2;
      const here = row * doc.guideWidth + column;
      const known = guide[here]!;
      const now = Number.isNaN(known) ? ground(Math.min(x, doc.width - 1), Math.min(y, doc.height - 1)) : known;
      guide[here] = Math.max(0, Math.min(MAX_METRES, sculpted(now, how, level, weight)));
    }
  }
}

function sculpted(now: number, how: Sculpting, level: number, weight: number): number {
  if (how === "level") return now + (level - now) * weight * 0.5;
  return now + (how === "raise" ? RATE : -RATE) * weight;
}
