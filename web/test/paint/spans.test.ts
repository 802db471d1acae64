import { expect, it } from "vitest";
import { capsule, type Point, polygon, type Span } from "../../src/paint/spans";

/** The pixels that a shape covers, "x,y". */
function pixels(draw: (span: Span) => void): Set<string> {
  const found = new Set<string>();
  draw((y, from, to) => {
    for (let x = from; x < to; x++) found.add(`${x},${y}`);
  });
  return found;
}

/** By the definition: centres within the radius of the line. */
function byDistance(a: Point, b: Point, radius: number): Set<string> {
  const found = new Set<string>();
  for (let y = -20; y < 60; y++) {
    for (let x = -20; x < 60; x++) {
      const [px, py] = [x + 0.5 - a.x, y + 0.5 - a.y];
      const [dx, dy] = [b.x - a.x, b.y - a.y];
      const part = Math.max(0, Math.min(1, (px * dx + py * dy) / (dx * dx + dy * dy || 1)));
      if (Math.hypot(px - part * dx, py - part * dy) <= radius) found.add(`${x},${y}`);
    }
  }
  return found;
}

it.each([
  [{ x: 10.2, y: 10.7 }, { x: 10.2, y: 10.7 }, 5.1],
  [{ x: 3.3, y: 4.1 }, { x: 40.6, y: 22.9 }, 6.3],
  [{ x: 30.1, y: 2.2 }, { x: 4.9, y: 38.7 }, 2.7],
  [{ x: 5.1, y: 9.3 }, { x: 31.7, y: 9.3 }, 3.2],
  [{ x: 5.1, y: 30.3 }, { x: 5.1, y: 9.3 }, 3.2],
])("covers what lies within the radius of a line: %j %j %d", (a, b, radius) => {
  expect(pixels((span) => capsule(a, b, radius, span))).toEqual(byDistance(a, b, radius));
});

it("draws a brush of one pixel without gaps", () => {
  const found = [...pixels((span) => capsule({ x: 0.5, y: 0.5 }, { x: 9.5, y: 4.5 }, 0.5, span))];
  expect(found).toHaveLength(10);
  expect(found).toContain("0,0");
  expect(found).toContain("9,4");
});

it("fills a polygon by its pixels' centres, holes and all", () => {
  const square = [
    [1, 1],
    [5, 1],
    [5, 4],
    [1, 4],
  ].map(([x, y]) => ({ x: x!, y: y! }));
  expect(pixels((span) => polygon(square, span)).size).toBe(12);
  // A bow tie's crossing leaves two triangles.
  const bow = [square[0]!, square[2]!, square[1]!, square[3]!];
  const found = pixels((span) => polygon(bow, span));
  expect(found.has("1,2") && found.has("4,2")).toBe(true);
  expect(found.has("3,1")).toBe(false);
  expect(pixels((span) => polygon(square.slice(0, 2), span)).size).toBe(0);
});

it("meets its neighbour without gap or overlap", () => {
  const left = [
    { x: 0, y: 0 },
    { x: 7.3, y: 0 },
    { x: 4.1, y: 12 },
    { x: 0, y: 12 },
  ];
  const right = [
    { x: 7.3, y: 0 },
    { x: 12, y: 0 },
    { x: 12, y: 12 },
    { x: 4.1, y: 12 },
  ];
  const [a, b] = [left, right].map((corners) => pixels((span) => polygon(corners, span))) as [Set<string>, Set<string>];
  expect(a.size + b.size).toBe(144);
  expect([...a].filter((pixel) => b.has(pixel))).toEqual([]);
});
