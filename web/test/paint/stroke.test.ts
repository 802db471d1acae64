import { describe, expect, it } from "vitest";
import { MapDocument } from "../../src/document/document";
import { History } from "../../src/document/history";
import { floodFill } from "../../src/paint/fill";
import { dab, MAX_METRES } from "../../src/paint/sculpt";
import { smooth } from "../../src/paint/smooth";
import { type Brush, Stroke } from "../../src/paint/stroke";

const brush = (change: Partial<Brush> = {}): Brush => ({ label: 5, size: 6, symmetry: "none", ...change });
const at = (doc: MapDocument, x: number, y: number): number => doc.labels[y * doc.width + x]!;
const count = (doc: MapDocument, label: number): number => doc.labels.filter((each) => each === label).length;

/** Labels from rows of digits. */
function map(...rows: string[]): MapDocument {
  return new MapDocument(rows[0]!.length, rows.length, Uint8Array.from(rows.join(""), Number));
}
const rows = (doc: MapDocument): string[] =>
  Array.from({ length: doc.height }, (_, y) => doc.labels.subarray(y * doc.width, (y + 1) * doc.width).join(""));

describe("a stroke", () => {
  it("paints whole labels only, and is undone in one step", () => {
    const doc = new MapDocument(64, 64);
    doc.labels.fill(2);
    const stroke = new Stroke(doc, brush());
    stroke.line({ x: 10, y: 10 }, { x: 40, y: 30 });
    stroke.line({ x: 40, y: 30 }, { x: 60, y: 63 });
    const history = new History();
    history.push(stroke.finish()!);
    expect(new Set(doc.labels)).toEqual(new Set([2, 5]));
    history.undo(doc);
    expect(count(doc, 2)).toBe(64 * 64);
  });

  it("may leave the map", () => {
    const doc = new MapDocument(16, 16);
    const stroke = new Stroke(doc, brush());
    stroke.line({ x: -30, y: 8 }, { x: 60, y: 8 });
    stroke.line({ x: -90, y: -90 }, { x: -80, y: -90 });
    expect(stroke.takeChanged()).toEqual({ x: 0, y: 5, width: 16, height: 7 });
    expect(count(doc, 5)).toBe(16 * 6);
  });

  it.each([
    ["left-right", [true, false, false]],
    ["top-bottom", [false, true, false]],
    ["both", [true, true, true]],
  ] as const)("is mirrored %s", (symmetry, [across, down, diagonal]) => {
    const doc = new MapDocument(40, 30);
    new Stroke(doc, brush({ symmetry, size: 3 })).line({ x: 5.5, y: 4.5 }, { x: 5.5, y: 4.5 });
    expect(at(doc, 5, 4)).toBe(5);
    expect(at(doc, 34, 4) === 5).toBe(across);
    expect(at(doc, 5, 25) === 5).toBe(down);
    expect(at(doc, 34, 25) === 5).toBe(diagonal);
  });

  it("fills every mirrored area, and tells where", () => {
    const doc = map("0110", "0110");
    const stroke = new Stroke(doc, brush({ symmetry: "left-right", label: 3 }));
    stroke.fill({ x: 0.2, y: 0.2 });
    expect(rows(doc)).toEqual(["3113", "3113"]);
    expect(stroke.takeChanged()).toEqual({ x: 0, y: 0, width: 4, height: 2 });
    expect(stroke.takeChanged()).toBeNull();
  });

  it("clears labels and rough heights, and brings both back", () => {
    const doc = map("12", "34");
    doc.ensureGuide().fill(50);
    const stroke = new Stroke(doc, brush({ label: 0 }));
    stroke.clear();
    const history = new History();
    history.push(stroke.finish()!);
    expect([rows(doc), doc.guide]).toEqual([["00", "00"], null]);
    history.undo(doc);
    expect(rows(doc)).toEqual(["12", "34"]);
    expect(doc.guide![0]).toBe(50);
  });
});

describe("flood fill", () => {
  it("goes around corners and not across diagonals", () => {
    const doc = map("00100", "01100", "00010", "01110");
    expect(floodFill(doc, 0, 0, 7)).toEqual({ x: 0, y: 0, width: 3, height: 4 });
    expect(rows(doc)).toEqual(["77100", "71100", "77710", "71110"]);
  });

  it("does nothing outside, or where the label is there already", () => {
    const doc = map("01");
    expect(floodFill(doc, 5, 0, 2)).toBeNull();
    expect(floodFill(doc, 1, 0, 1)).toBeNull();
  });
});

describe("smoothing", () => {
  const all = (doc: MapDocument) => Array.from({ length: doc.height }, (_, y) => ({ y, from: 0, to: doc.width }));

  it("takes specks away and keeps straight borders", () => {
    const doc = new MapDocument(40, 40);
    for (let y = 0; y < 40; y++) doc.labels.fill(4, y * 40 + 20, y * 40 + 40);
    const straight = doc.labels.slice();
    doc.labels[10 * 40 + 5] = 6;
    smooth(doc, all(doc));
    expect(doc.labels).toEqual(straight);
  });

  it("only touches what is inside, and reads what was there before", () => {
    const doc = new MapDocument(20, 20);
    doc.labels[5 * 20 + 5] = 1;
    doc.labels[15 * 20 + 15] = 1;
    smooth(
      doc,
      all(doc).map((run) => ({ ...run, from: -4, to: 10 })),
    );
    expect([at(doc, 5, 5), at(doc, 15, 15)]).toEqual([0, 1]);
  });
});

describe("the height brush", () => {
  const ground = () => 300;

  it("starts from the ground, most in its middle, and stays within bounds", () => {
    const doc = new MapDocument(80, 80);
    dab(doc, { x: 36, y: 36 }, 24, "raise", 0, 1, ground);
    const cell = (column: number, row: number): number => doc.guide![row * 10 + column]!;
    expect(cell(4, 4)).toBe(450);
    expect(cell(5, 4)).toBeGreaterThan(300);
    expect(cell(5, 4)).toBeLessThan(450);
    expect(cell(9, 9)).toBeNaN();
    for (let turn = 0; turn < 100; turn++) dab(doc, { x: 36, y: 36 }, 24, "lower", 0, 1, ground);
    expect(cell(4, 4)).toBe(0);
    for (let turn = 0; turn < 100; turn++) dab(doc, { x: 36, y: 36 }, 24, "raise", 0, 1, ground);
    expect(cell(4, 4)).toBe(MAX_METRES);
  });

  it("levels towards its height", () => {
    const doc = new MapDocument(80, 80);
    for (let turn = 0; turn < 30; turn++) dab(doc, { x: 36, y: 36 }, 24, "level", 1000, 1, ground);
    expect(doc.guide![44]).toBeCloseTo(1000, 0);
  });

  it("has an effect however small it is, also at the map's edge", () => {
    const doc = new MapDocument(80, 80);
    dab(doc, { x: 79.9, y: 79.9 }, 0.5, "raise", 0, 1, ground);
    expect(doc.guide![99]).toBeGreaterThan(300);
  });
});
