import { expect, test } from "vitest";
import type { Generator } from "../../../src/engine/local/generator";
import { selfCheck, TOLERANCE } from "../../../src/engine/local/selfCheck";

const check = { cells: ["01", "60"], cell: 4, heights: [0, 1000, 10, 0], texture: Array<number>(12).fill(100) };
const CHOICES = { seed: 1, style: {}, texture: "atlas" };

/** Makes of label n land of `metres[n]`. */
function generator(metres: Record<number, number>, colour: number): Generator {
  const window = (part: { labels: Uint8Array }) =>
    Promise.resolve({
      heights: Float32Array.from(part.labels, (label) => metres[label]!),
      texture: new Uint8Array(3 * part.labels.length).fill(colour),
    });
  return { window, forget: () => undefined } as unknown as Generator;
}

test.each([
  [{ 0: 0, 1: 1000, 6: 10 }, 100, true],
  [{ 0: 0, 1: 1000.9, 6: 10 }, 101, true],
  [{ 0: 0, 1: 1000, 6: 12 }, 100, false], // of the range, not of the place
  [{ 0: 0, 1: 1000, 6: 10 }, 98, false],
  [{ 0: 0, 1: NaN, 6: 10 }, 100, false],
])("a runtime passes if it makes what is known", async (metres, colour, passes) => {
  const { off } = await selfCheck(generator(metres, colour), check, CHOICES);
  expect(off <= TOLERANCE).toBe(passes);
});
