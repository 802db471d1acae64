import type { InferenceSession, Tensor } from "onnxruntime-common";
import { expect, test } from "vitest";
import type { Card } from "../../../src/engine/local/card";
import { Generator } from "../../../src/engine/local/generator";
import { KeptLand } from "../../../src/engine/local/keptLand";

const SIDE = 384;
const CHOICES = { seed: 1, style: {}, texture: "atlas" };
const WHOLE = { x: 0, y: 0, width: SIDE, height: SIDE };

const CARD = {
  stride: 32,
  halo: 96,
  cut: { features: "features", stride: 8, halo: 32 },
  noise: [],
  style: [],
  textures: ["atlas"],
  gsd: 2000,
  height_code: { max_m: 9000 },
  classes: Array.from({ length: 7 }, () => ({ rgb: [0, 0, 0] })),
} as unknown as Card;

interface Planes {
  data: Float32Array;
  dims: number[];
}

/** A model whose features are how much of each cell is hills, and a little of that far away; land is as high as they. */
function fakeModel() {
  const made: number[] = []; // pixels, of each run of the fine stage
  const coarse = {
    inputNames: ["labels"],
    run: ({ labels }: { labels: Planes }) => {
      const [height, width] = labels.dims.slice(2) as [number, number];
      const [rows, columns] = [height / 8, width / 8];
      const share = new Float32Array(rows * columns);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          share[(y >> 3) * columns + (x >> 3)]! += labels.data[3 * width * height + y * width + x]! / 64;
        }
      }
      const all = share.reduce((sum, value) => sum + value, 0) / share.length;
      const data = share.map((value) => 0.5 + value / 4 + all / 100);
      return Promise.resolve({ features: { data, dims: [1, 1, rows, columns] } });
    },
  };
  const fine = {
    inputNames: ["labels", "features"],
    run: ({ labels, features }: { labels: Planes; features: Planes }) => {
      const [height, width] = labels.dims.slice(2) as [number, number];
      made.push(width * height);
      const code = Float32Array.from({ length: width * height }, (_, i) => {
        const [x, y] = [i % width, Math.floor(i / width)];
        if (labels.data[i]) return -1; // water
        return features.data[(y >> 3) * (width >> 3) + (x >> 3)]! / 2;
      });
      const colours = new Float32Array(3 * width * height);
      return Promise.resolve({ height: { data: code }, texture: { data: colours }, shaded: { data: colours } });
    },
  };
  const tensor = (data: Float32Array, dims: number[]): Tensor => ({ data, dims }) as unknown as Tensor;
  const session = (of: unknown): InferenceSession => of as InferenceSession;
  return { generator: new Generator(CARD, 16, session(coarse), session(fine), tensor), made };
}

const rest = (): Promise<void> => Promise.resolve();

function land(generator: Generator, labels: Uint8Array, keep: boolean) {
  const part = { labels, extent: WHOLE, map: { width: SIDE, height: SIDE }, heights: null, gsd: null };
  return generator.window(part, CHOICES, WHOLE, rest, keep);
}

function dabbed(labels: Uint8Array, x: number, y: number): Uint8Array {
  return labels.map((label, i) => (Math.hypot((i % SIDE) - x, Math.floor(i / SIDE) - y) <= 6 ? 3 : label));
}

const most = (a: Float32Array, b: Float32Array): number => a.reduce((d, v, i) => Math.max(d, Math.abs(v - b[i]!)), 0);
const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);

test("after a stroke only what it changes is made again, and the rest is within metres of new land", async () => {
  const { generator, made } = fakeModel();
  let labels: Uint8Array = new Uint8Array(SIDE * SIDE).fill(1);
  await land(generator, labels, true);
  const all = sum(made);
  for (const [x, y] of [
    [100, 80],
    [300, 300],
    [310, 60],
  ] as const) {
    made.length = 0;
    labels = dabbed(labels, x, y);
    const kept = await land(generator, labels, true);
    expect(sum(made)).toBeLessThan(all / 4);
    const fresh = await land(fakeModel().generator, labels, false);
    expect(kept.heights[y * SIDE + x]).toBe(fresh.heights[y * SIDE + x]);
    expect(most(kept.heights, fresh.heights)).toBeLessThan(10);
  }
});

test("what is not painted on, as an export, is made anew", async () => {
  const { generator, made } = fakeModel();
  const labels = new Uint8Array(SIDE * SIDE).fill(1);
  await land(generator, labels, true);
  await land(generator, dabbed(labels, 90, 90), true);
  const all = made[0]! + made[1]!;
  made.length = 0;
  const exported = await land(generator, dabbed(labels, 90, 90), false);
  expect(sum(made)).toBe(all);
  const fresh = await land(fakeModel().generator, dabbed(labels, 90, 90), false);
  expect(most(exported.heights, fresh.heights)).toBe(0);
});

test("the sea far from land is not made, and what a stroke on the land changes there neither", async () => {
  const { generator, made } = fakeModel();
  const labels = new Uint8Array(SIDE * SIDE).map((_, i) => (i % SIDE < 64 ? 1 : 0));
  const first = await land(generator, labels, true);
  // Once the sea, 32 x 32; then two windows of land, its shore of a cell and the halo, in whole steps.
  expect(made).toEqual([32 * 32, 112 * (256 + 32), 112 * (128 + 32)]);
  expect(first.heights[10 * SIDE + 63]).toBeGreaterThan(0);
  expect(first.heights.filter((_, i) => i % SIDE >= 64).every((metres) => metres === 0)).toBe(true);
  made.length = 0;
  const painted = dabbed(labels, 40, 200);
  const second = await land(generator, painted, true);
  expect(made).toHaveLength(1);
  expect(made[0]).toBeLessThan(112 * 160);
  const fresh = await land(fakeModel().generator, painted, false);
  expect(second.heights[200 * SIDE + 40]).toBe(fresh.heights[200 * SIDE + 40]);
});

test("another seed or texture is other land", async () => {
  const { generator, made } = fakeModel();
  const labels = new Uint8Array(SIDE * SIDE).fill(1);
  const part = { labels, extent: WHOLE, map: { width: SIDE, height: SIDE }, heights: null, gsd: null };
  await generator.window(part, CHOICES, WHOLE, rest, true);
  const all = sum(made);
  await generator.window(part, { ...CHOICES, seed: 2 }, WHOLE, rest, true);
  expect(sum(made)).toBe(2 * all);
  await generator.window(part, { ...CHOICES, seed: 2 }, WHOLE, rest, true);
  expect(sum(made)).toBe(2 * all);
});

test("small changes add up until they count", () => {
  const kept = new KeptLand({ x: 0, y: 0, width: 64, height: 64 }, 8, 8);
  const labels = new Uint8Array(64 * 64);
  const features = (value: number): Float32Array => new Float32Array(64).fill(1).fill(value, 27, 28);
  kept.take(labels, features(1));
  const all = { x: 0, y: 0, width: 64, height: 64 };
  expect(kept.staleIn(all)).toEqual(all);
  kept.made(all);
  kept.take(labels, features(1.006));
  expect(kept.staleIn(all).width).toBe(0);
  kept.take(labels, features(1.012));
  expect(kept.staleIn(all)).toEqual({ x: 16, y: 16, width: 24, height: 24 }); // the cell at 24, 24, and those around
});

test("what was stale stays so until it is made, whatever comes meanwhile", () => {
  const kept = new KeptLand({ x: 32, y: 0, width: 64, height: 64 }, 8, 8);
  const labels = new Uint8Array(64 * 64);
  const features = new Float32Array(64).fill(1);
  kept.take(labels, features);
  kept.made({ x: 32, y: 0, width: 64, height: 32 });
  kept.take(labels, features);
  expect(kept.staleIn({ x: 32, y: 0, width: 64, height: 64 })).toEqual({ x: 32, y: 32, width: 64, height: 32 });
  const painted = labels.slice().fill(3, 0, 1);
  kept.take(painted, features);
  expect(kept.staleIn({ x: 32, y: 0, width: 64, height: 32 })).toEqual({ x: 32, y: 0, width: 16, height: 16 });
});
