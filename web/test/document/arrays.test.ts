import { expect, it } from "vitest";
import { guidePart, MapDocument } from "../../src/document/document";
import { clip, crop, grow, snap, union } from "../../src/document/rect";
import { pack, unpack } from "../../src/document/rle";

it("packs runs of any length", () => {
  const labels = Uint8Array.from({ length: 1000 }, (_, at) => (at < 700 ? 4 : at % 3));
  expect(unpack(pack(labels), 1000)).toEqual(labels);
  expect(pack(new Uint8Array(4096))).toHaveLength(32);
});

it("counts rectangles in whole pixels", () => {
  const rect = { x: -3, y: 5, width: 10, height: 4 };
  expect(clip(rect, 6, 7)).toEqual({ x: 0, y: 5, width: 6, height: 2 });
  expect(snap(rect, 4)).toEqual({ x: -4, y: 4, width: 12, height: 8 });
  expect(grow(rect, 2)).toEqual({ x: -5, y: 3, width: 14, height: 8 });
  expect(union(rect, { x: 20, y: 0, width: 1, height: 1 })).toEqual({ x: -3, y: 0, width: 24, height: 9 });
  expect(union(rect, { x: 50, y: 50, width: 0, height: 9 })).toEqual(rect);
});

it("crops rows", () => {
  const rows = Uint8Array.from({ length: 12 }, (_, at) => at);
  expect(crop(rows, 4, { x: 1, y: 1, width: 2, height: 2 })).toEqual(Uint8Array.of(5, 6, 9, 10));
});

it("gives a part of the guide, by cells where they fit and by pixels where not", () => {
  const map = new MapDocument(20, 16, new Uint8Array(320), Float32Array.of(1, 2, 3, 4, 5, 6));
  expect(guidePart(map, { x: 8, y: 8, width: 8, height: 8 })).toEqual({
    data: Float32Array.of(5),
    width: 1,
    height: 1,
  });
  const edge = guidePart(map, { x: 15, y: 7, width: 5, height: 2 })!;
  expect([...edge.data]).toEqual([2, 3, 3, 3, 3, 5, 6, 6, 6, 6]);
  expect(guidePart(new MapDocument(8, 8), { x: 0, y: 0, width: 8, height: 8 })).toBeNull();
});

it("takes no arrays that don't fit", () => {
  expect(() => new MapDocument(4, 4, new Uint8Array(15))).toThrow(RangeError);
  expect(() => new MapDocument(8, 8, new Uint8Array(64), new Float32Array(2))).toThrow(RangeError);
});
