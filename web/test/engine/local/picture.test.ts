import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { matchColours } from "../../../src/engine/local/pictures/colourMatching";
import { labelsOfPicture } from "../../../src/engine/local/pictures/picture";
import type { Rgb } from "../../../src/engine/local/pictures/regionGrowing";

interface Vectors {
  width: number;
  height: number;
  colours: Rgb[];
  rgb: number[];
  labels: number[];
  inexact: number;
  offPalette: number[];
}

const vectors = JSON.parse(readFileSync("test/engine/local/picture.json", "utf8")) as Vectors;
const { width, height, colours } = vectors;

const withAlpha = (rgb: readonly number[]): Uint8ClampedArray<ArrayBuffer> =>
  Uint8ClampedArray.from(rgb.flatMap((value, i) => (i % 3 === 2 ? [value, 255] : [value])));

test("a painted map is read as the program reads it", () => {
  const made = matchColours({ rgba: withAlpha(vectors.rgb), width, height }, colours);
  expect([...made.labels]).toEqual(vectors.labels);
  expect(made.inexact).toBe(vectors.inexact);
  expect([...made.offPalette!]).toEqual(vectors.offPalette);
});

test("a picture's smooth edges become one of the classes beside them, and a note says so", () => {
  const [a, b] = [colours[0]!, colours[2]!];
  const mixed = a.map((value, c) => (value + b[c]!) / 2);
  const rgba = withAlpha([a, a, a, mixed, b, b, b].flat());
  const { labels, notes } = labelsOfPicture({ rgba, width: 7, height: 1 }, colours);
  expect([[0, 0, 0, 0, 2, 2, 2], [0, 0, 0, 2, 2, 2, 2]]).toContainEqual([...labels]); // prettier-ignore
  expect(notes).toEqual(["1 pixel is not exactly in the palette's colours, and read as the nearest class around it."]);
});

test("exact colours are told nothing of", () => {
  const rgba = withAlpha([colours[6]!, colours[1]!].flat());
  expect(labelsOfPicture({ rgba, width: 2, height: 1 }, colours)).toEqual({ labels: Uint8Array.of(6, 1), notes: [] });
});

test("a name in other colours becomes what is around, and is told of", () => {
  const rgb = Array.from({ length: 400 }, (_, i) => (i === 210 || i === 211 ? [200, 0, 90] : colours[3]!)).flat();
  const { labels, notes } = labelsOfPicture({ rgba: withAlpha(rgb), width: 20, height: 20 }, colours);
  expect(labels.every((label) => label === 3)).toBe(true);
  expect(notes[0]).toMatch(/0\.5 % are far from them all, the commonest of other colours is RGB \(200, 0, 90\)/);
});

test("a photograph and a transparent picture are refused", () => {
  const grey = withAlpha(new Array<number>(3 * 16).fill(20));
  expect(() => labelsOfPicture({ rgba: grey, width: 4, height: 4 }, colours)).toThrow(
    /100\.0 % of this picture is not in/,
  );
  grey[3] = 254;
  expect(() => labelsOfPicture({ rgba: grey, width: 4, height: 4 }, colours)).toThrow(/flatten it/);
});
