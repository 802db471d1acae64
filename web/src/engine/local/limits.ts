/** How large maps may be: `spade_terrain.maps.limits`. */
import { EngineError } from "../engine";

const LEAST = 64;

/** @throws EngineError if the sides of `name` are fewer pixels than 64, or more than `most`. */
export function checkSides(name: string, width: number, height: number, most: number): void {
  const is = `${name} is ${width} x ${height} pixels, and ${LEAST} to ${most} a side can be painted here`;
  if (Math.max(width, height) > most) throw new EngineError(`${is}; shrink it.`);
  if (Math.min(width, height) < LEAST) throw new EngineError(`${is}; enlarge it.`);
}
