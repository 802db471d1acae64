/** Symmetry of the map: what is painted on one side is painted on the others, too. */
import type { Point } from "./spans";

export const SYMMETRIES = ["none", "left-right", "top-bottom", "both"] as const;
export type Symmetry = (typeof SYMMETRIES)[number];

export type Mirror = (point: Point) => Point;

/** The mirrors of a map of that size, the identity first. */
export function mirrors(symmetry: Symmetry, width: number, height: number): Mirror[] {
  const same: Mirror = (point) => point;
  const across: Mirror = ({ x, y }) => ({ x: width - x, y });
  const down: Mirror = ({ x, y }) => ({ x, y: height - y });
  switch (symmetry) {
    case "none":
      return [same];
    case "left-right":
      return [same, across];
    case "top-bottom":
      return [same, down];
    case "both":
      return [same, across, down, (point) => across(down(point))];
  }
}
