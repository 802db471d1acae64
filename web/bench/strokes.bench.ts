/** What one pointer event of a stroke may cost: 1,024 x 1,024 pixels, the largest brush, the longest move. */
import { bench, describe } from "vitest";
import { MapDocument } from "../src/document/document";
import { Stroke } from "../src/paint/stroke";
import { sunlight } from "../src/scene/shadows";

const SIDE = 1024;
const brush = { label: 1, size: 200, symmetry: "both" as const };

/** A map in patches, as painted ones are. */
function painted(): MapDocument {
  const doc = new MapDocument(SIDE, SIDE);
  for (let at = 0; at < doc.labels.length; at++) doc.labels[at] = ((at >> 5) + (at >> 15)) % 7;
  return doc;
}

describe("one event at 1,024 x 1,024", () => {
  const doc = painted();
  bench("brush of 200 pixels moves 300 pixels, four-fold", () => {
    new Stroke(doc, brush).line({ x: 100, y: 100 }, { x: 350, y: 260 });
  });
  bench("smoothing disc of 200 pixels, four-fold", () => {
    new Stroke(doc, brush).smooth({ x: 300, y: 300 });
  });
  bench("height disc of 200 pixels, four-fold", () => {
    new Stroke(doc, brush).sculpt({ x: 300, y: 300 }, "raise", 0, 1, () => 100);
  });
  const empty = new MapDocument(SIDE, SIDE);
  let label = 0;
  bench("fill of the whole map", () => {
    label = 1 - label;
    new Stroke(empty, { label, size: 1, symmetry: "none" }).fill({ x: 5, y: 5 });
  });
  bench("end of a stroke over the whole map", () => {
    const stroke = new Stroke(doc, { ...brush, label: 2 });
    stroke.clear();
    stroke.finish();
  });
});

describe("other", () => {
  const heights = Float32Array.from({ length: SIDE * SIDE }, (_, at) => 500 * Math.sin(at / 77));
  bench("shadows at 1,024 x 1,024", () => {
    sunlight(heights, SIDE, SIDE, 0.005, 300, 30);
  });
});
