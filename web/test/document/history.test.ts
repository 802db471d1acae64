import { expect, it } from "vitest";
import { MapDocument } from "../../src/document/document";
import { History, Recorder, STEPS } from "../../src/document/history";

function paint(doc: MapDocument, history: History, x: number, y: number, label: number): void {
  const recorder = new Recorder(doc);
  recorder.touch({ x, y, width: 1, height: 1 });
  doc.labels[y * doc.width + x] = label;
  const step = recorder.finish();
  if (step) history.push(step);
}

it("undoes and redoes, on tiles that the map's edge cuts", () => {
  const doc = new MapDocument(100, 70);
  const history = new History();
  paint(doc, history, 99, 69, 3);
  paint(doc, history, 0, 0, 5);
  const painted = doc.labels.slice();
  expect(history.undo(doc)).toEqual({ x: 0, y: 0, width: 64, height: 64 });
  expect(history.undo(doc)).toEqual({ x: 64, y: 64, width: 36, height: 6 });
  expect(doc.labels.every((label) => label === 0)).toBe(true);
  expect(history.undo(doc)).toBeNull();
  history.redo(doc);
  history.redo(doc);
  expect(doc.labels).toEqual(painted);
  expect(history.canRedo).toBe(false);
});

it("keeps a hundred steps", () => {
  const doc = new MapDocument(128, 1);
  const history = new History();
  for (let x = 0; x < STEPS + 5; x++) paint(doc, history, x, 0, 1);
  let undone = 0;
  while (history.undo(doc)) undone++;
  expect(undone).toBe(100);
  expect(doc.labels.filter((label) => label === 1)).toHaveLength(5);
});

it("forgets what could be redone when something else is painted", () => {
  const doc = new MapDocument(8, 8);
  const history = new History();
  paint(doc, history, 1, 1, 1);
  history.undo(doc);
  paint(doc, history, 2, 2, 2);
  expect(history.canRedo).toBe(false);
});

it("takes no step for a stroke that changed nothing", () => {
  const doc = new MapDocument(8, 8);
  const recorder = new Recorder(doc);
  recorder.touch(doc.bounds);
  expect(recorder.finish()).toBeNull();
});

it("brings rough heights back, and their absence", () => {
  const doc = new MapDocument(16, 16);
  const history = new History();
  const recorder = new Recorder(doc);
  recorder.touchGuide({ x: 0, y: 0, width: 8, height: 8 });
  doc.ensureGuide()[0] = 700;
  history.push(recorder.finish()!);
  expect(history.undo(doc)).toEqual({ x: 0, y: 0, width: 8, height: 8 });
  expect(doc.guide).toBeNull();
  history.redo(doc);
  expect(doc.guide![0]).toBe(700);
  expect(doc.hasGuide()).toBe(true);
});
