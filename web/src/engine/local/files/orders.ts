/** Checks of a project's `project.json`, which others may have written: what `spade_terrain.maps.project` asks of it. */
import type { RiverCourse, Schemas } from "../../engine";

export const FORMAT = 1;

type Header = Schemas["ProjectHeader"] & { format: number };
type Rule = [fits: (value: unknown) => boolean, expected: string];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isWithin = (value: unknown, low: number, high: number): boolean =>
  typeof value === "number" && value >= low && value <= high;
const isText = (value: unknown): boolean => typeof value === "string" && value.length > 0;
const isPoint = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every((each) => isWithin(each, -65536, 65536));

function isCourse(value: unknown): value is RiverCourse {
  if (!isObject(value)) return false;
  const { line, discharge, name = null } = value;
  const drawn = Array.isArray(line) && line.length > 1 && line.every(isPoint);
  return drawn && isWithin(discharge, 0, 1e12) && (name === null || isText(name));
}

const RULES: Record<string, Rule> = {
  format: [Number.isInteger, "a whole number"],
  seed: [Number.isSafeInteger, "a whole number that the page can count to"],
  style: [(value) => isObject(value) && Object.values(value).every(Number.isFinite), "numbers by name"],
  texture: [isText, "a name"],
  model: [isText, "a name"],
  gsd: [(value) => isWithin(value, Number.MIN_VALUE, 1e6), "metres above 0, up to 1000000"],
  courses: [(value) => Array.isArray(value) && value.every(isCourse), "a list of rivers"],
  settings: [isObject, "an object"],
};
const OPTIONAL = ["texture", "model", "gsd", "courses"]; // may be null

/** @throws Error in words for the user. */
export function readOrders(json: string): Partial<Header> {
  const orders: unknown = JSON.parse(json);
  if (!isObject(orders)) throw new Error("its project.json is no object");
  for (const [name, [fits, expected]] of Object.entries(RULES)) {
    const value = orders[name];
    if (value === undefined || (value === null && OPTIONAL.includes(name)) || fits(value)) continue;
    throw new Error(`its \`${name}\` is ${JSON.stringify(value).slice(0, 60)}, not ${expected}`);
  }
  return orders as Partial<Header>;
}
