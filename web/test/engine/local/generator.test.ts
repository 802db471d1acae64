import type { InferenceSession, Tensor } from "onnxruntime-common";
import { expect, test } from "vitest";
import type { Card } from "../../../src/engine/local/card";
import { Generator } from "../../../src/engine/local/generator";

const SIDE = 64;
const WHOLE = { x: 0, y: 0, width: SIDE, height: SIDE };

const CARD = {
  stride: 32,
  halo: 32,
  cut: { features: "features", stride: 8, halo: 8 },
  noise: [],
  style: ["elevation", "relief"],
  textures: ["atlas"],
  guided: true,
  gsd: 2000,
  height_code: { max_m: 9000 },
  classes: Array.from({ length: 7 }, () => ({ rgb: [0, 0, 0] })),
} as unknown as Card;

/** The style that either stage is told when land is made, with rough heights or without. */
async function styles(heights: Float32Array | null): Promise<{ coarse: number[]; fine: number[] }> {
  const seen: Record<string, number[]> = {};
  const stage = (name: string, made: Record<string, unknown>): InferenceSession => {
    const run = ({ style }: { style: { data: Float32Array } }) => {
      seen[name] = [...style.data];
      return Promise.resolve(made);
    };
    return { inputNames: ["style"], run } as unknown as InferenceSession;
  };
  const planes = (count: number) => ({ data: new Float32Array(count * SIDE * SIDE) });
  const coarse = stage("coarse", { features: { data: new Float32Array(64), dims: [1, 1, 8, 8] } });
  const fine = stage("fine", { height: planes(1), texture: planes(3), shaded: planes(3) });
  const tensor = (data: Float32Array, dims: number[]): Tensor => ({ data, dims }) as unknown as Tensor;
  const generator = new Generator(CARD, 16, coarse, fine, tensor);
  const map = { width: SIDE, height: SIDE };
  const rough = heights && { grid: heights, columns: 2, map };
  const part = { labels: new Uint8Array(SIDE * SIDE).fill(1), extent: WHOLE, map, heights: rough, gsd: null };
  const choices = { seed: 1, style: {}, texture: "atlas" };
  await generator.window(part, choices, WHOLE, () => Promise.resolve(), false);
  return { coarse: seen.coarse!, fine: seen.fine! };
}

test("where heights are known both stages are told of no elevation but theirs", async () => {
  const free = await styles(null);
  expect(free.coarse[0]).not.toBe(0);
  expect(free.fine).toEqual(free.coarse);
  const guided = await styles(new Float32Array(4).fill(500));
  expect(guided.coarse).toEqual([0, free.coarse[1]]);
  expect(guided.fine).toEqual(guided.coarse);
});
