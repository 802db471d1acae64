import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { keepTopology, landShare, type Pixels, rint, shores } from "../../../src/engine/local/coast";

interface Vectors {
  seed: string;
  gsd: number;
  window: { x: number; y: number; width: number; height: number };
  labels: number[];
  share: number[];
  before: Record<keyof Pixels, number[]>;
  after: Record<keyof Pixels, number[]>;
}

interface Shores {
  width: number;
  labels: number[];
  cells: Record<string, number[]>;
}

const vectors = JSON.parse(readFileSync("test/engine/local/coast.json", "utf8")) as Vectors;
const labels = Uint8Array.from(vectors.labels);
const COLOURS = [
  [17, 141, 215],
  [225, 227, 155],
  [127, 173, 123],
  [185, 122, 87],
  [230, 200, 181],
  [150, 150, 150],
  [193, 190, 175],
];

test("the share of land around is the program's", () => {
  const share = landShare(labels, vectors.window.width);
  share.forEach((value, i) => expect(value).toBeCloseTo(vectors.share[i]!, 5));
});

test("coasts are the program's", () => {
  const pixels: Pixels = {
    height: Float32Array.from(vectors.before.height),
    texture: Uint8Array.from(vectors.before.texture),
    shaded: Uint8Array.from(vectors.before.shaded),
  };
  const share = landShare(labels, vectors.window.width);
  keepTopology(pixels, labels, share, vectors.window, BigInt(vectors.seed), vectors.gsd, COLOURS);
  expect(vectors.after.height).not.toEqual(vectors.before.height);
  pixels.height.forEach((metres, i) => expect(metres).toBeCloseTo(vectors.after.height[i]!, 2));
  expect([...pixels.texture]).toEqual(vectors.after.texture);
  pixels.shaded.forEach((value, i) => expect(Math.abs(value - vectors.after.shaded[i]!)).toBeLessThanOrEqual(1));
});

test("the sea may be uneven where the program says, whatever a cell is", () => {
  const map = JSON.parse(readFileSync("test/engine/local/shores.json", "utf8")) as Shores;
  for (const [side, cells] of Object.entries(map.cells)) {
    expect([...shores(Uint8Array.from(map.labels), map.width, Number(side))]).toEqual(cells);
  }
});

test("halves are rounded to even numbers", () => {
  expect([0.5, 1.5, 2.5, 2.4, 2.6].map(rint)).toEqual([0, 2, 2, 2, 3]);
});
