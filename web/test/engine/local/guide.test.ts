import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Rect } from "../../../src/engine/engine";
import type { Card } from "../../../src/engine/local/card";
import { heightGuide, metresAt } from "../../../src/engine/local/guide";

interface Vectors {
  map: { width: number; height: number };
  window: Rect;
  stride: number;
  max_m: number;
  labels: number[];
  columns: number;
  grid: (number | null)[];
  metres: (number | null)[];
  guide: number[];
}

const vectors = JSON.parse(readFileSync("test/engine/local/guide.json", "utf8")) as Vectors;
const known = (values: (number | null)[]) => Float32Array.from(values, (value) => value ?? NaN);
const card = { stride: vectors.stride, height_code: { max_m: vectors.max_m } } as Card;

test("rough heights of a window are the program's", () => {
  const { columns, map, window } = vectors;
  const metres = metresAt({ grid: known(vectors.grid), columns, map }, window);
  vectors.metres.forEach((expected, i) => {
    if (expected === null) expect(metres[i]).toBeNaN();
    else expect(metres[i]).toBeCloseTo(expected, 1);
  });
  expect(vectors.metres).toContain(null);
});

test("a network is told of them what the program tells it", () => {
  const labels = Uint8Array.from(vectors.labels);
  const guide = heightGuide(known(vectors.metres), labels, vectors.window.width, card);
  expect(guide).toHaveLength(vectors.guide.length);
  guide.forEach((value, i) => expect(value).toBeCloseTo(vectors.guide[i]!, 4));
  expect(new Set(guide.subarray(guide.length / 2))).toEqual(new Set([0, 1]));
});
