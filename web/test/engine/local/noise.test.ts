import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { asSeed, noise, noiseWords } from "../../../src/engine/local/noise";

/** The test vectors of the specification itself. */
const rows = readFileSync("../docs/noise.md", "utf8")
  .split("## Test vectors")[1]!
  .split("\n")
  .filter((line) => /^\| -?\d/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")).slice(1, -1)); // prettier-ignore

test("noise is as docs/noise.md specifies it, to the bit", () => {
  expect(rows.length).toBeGreaterThan(8);
  for (const [seed, stride, channel, x, y, word, value] of rows as string[][]) {
    const rect = { x: Number(x), y: Number(y), width: 1, height: 1 };
    const channels = Number(channel) + 1;
    const words = noiseWords(asSeed(BigInt(seed!)), Number(stride), channels, rect);
    expect(words.at(-1)!.toString(16).padStart(8, "0")).toBe(word);
    expect(noise(asSeed(BigInt(seed!)), Number(stride), channels, rect).at(-1)).toBe(Math.fround(Number(value)));
  }
});

test("a window equals that part of a larger one", () => {
  const large = noise(3n, 4, 2, { x: -5, y: -7, width: 20, height: 16 });
  const small = noise(3n, 4, 2, { x: -2, y: 1, width: 6, height: 3 });
  const expected: number[] = [];
  for (let c = 0; c < 2; c++) {
    for (let y = 8; y < 11; y++) for (let x = 3; x < 9; x++) expected.push(large[c * 320 + y * 20 + x]!);
  }
  expect([...small]).toEqual(expected);
});
