import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { GUIDE_CELL, type PaintedMap } from "../../src/engine/engine";
import { upscale } from "../../src/engine/upscaling";

interface Vectors {
  seed: number;
  scale: number;
  width: number;
  height: number;
  labels: number[];
  enlarged: number[];
}

const { seed, scale, enlarged, ...painted } = JSON.parse(
  readFileSync("test/engine/local/enlarged.json", "utf8"),
) as Vectors;
const map: PaintedMap = { ...painted, labels: Uint8Array.from(painted.labels), guide: null };

test("a map is enlarged as the program does", async () => {
  const larger = await upscale(map, scale, seed);
  expect([larger.width, larger.height]).toEqual([scale * map.width, scale * map.height]);
  expect(Buffer.compare(larger.labels, Uint8Array.from(enlarged))).toBe(0);
  expect(Buffer.compare((await upscale(map, scale, seed + 1)).labels, larger.labels)).not.toBe(0);
});

test("what a map knows besides lies where it lay", async () => {
  const cells = [Math.ceil(map.width / GUIDE_CELL), Math.ceil(map.height / GUIDE_CELL)] as const;
  const guide = Float32Array.from({ length: cells[0] * cells[1] }, (_, i) => (i % 5 ? i : NaN));
  const courses = [{ line: [[1, 2.5], [30, 40]], discharge: 7, name: "Ister" }]; // prettier-ignore
  const larger = await upscale({ ...map, guide, courses, gsd: 900 }, 2, seed);
  expect(larger.courses).toEqual([{ line: [[2, 5], [60, 80]], discharge: 7, name: "Ister" }]); // prettier-ignore
  expect(larger.gsd).toBe(450);
  const across = Math.ceil((2 * map.width) / GUIDE_CELL);
  expect(larger.guide).toHaveLength(across * Math.ceil((2 * map.height) / GUIDE_CELL));
  for (const [row, column] of [
    [0, 0],
    [3, 7],
    [11, 23],
  ] as const)
    // prettier-ignore
    expect(larger.guide![row * across + column]).toBe(guide[(row >> 1) * cells[0] + (column >> 1)]);
  expect((await upscale(map, 2, seed)).gsd).toBeFalsy();
});
