import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MapDocument } from "../../src/document/document";
import { Files } from "../../src/state/files";
import { keysOf, SHORTCUTS } from "../../src/state/shortcuts";
import { Studio } from "../../src/state/studio";
import { Painter, straight } from "../../src/view/brushes";
import { FakeEngine, model } from "../fakes";

let engine: FakeEngine;
let studio: Studio;
let painter: Painter;

beforeEach(() => {
  vi.useFakeTimers();
  engine = new FakeEngine();
  studio = new Studio(engine.engine, model(), { map: new MapDocument(64, 64), name: "Home" });
  studio.size.value = 4;
  painter = new Painter(studio, () => undefined);
});
afterEach(() => vi.useRealTimers());

const mouse = { pressure: 0.5, altKey: false, shiftKey: false };
const at = (x: number, y: number) => ({ x, y });
const labelAt = (x: number, y: number): number => studio.doc.value.labels[y * 64 + x]!;
const count = (label: number): number => studio.doc.value.labels.filter((each) => each === label).length;

function drag(...points: [number, number][]): void {
  const [first, ...rest] = points.map(([x, y]) => at(x, y));
  painter.down(first!, mouse);
  for (const point of rest) painter.move([point], mouse);
  painter.up(points.length > 1 ? rest.at(-1)! : first!);
}

describe("tools", () => {
  it("the brush paints what is chosen, and undo takes it back", () => {
    studio.label.value = 3;
    drag([10, 10], [30, 10]);
    expect([labelAt(20, 10), labelAt(20, 20)]).toEqual([3, 0]);
    expect(studio.canUndo.value).toBe(true);
    studio.undo();
    expect(count(3)).toBe(0);
    studio.redo();
    expect(labelAt(20, 10)).toBe(3);
  });

  it("the line is drawn when the pointer goes up, straight with Shift", () => {
    studio.tool.value = "line";
    painter.down(at(5, 5), mouse);
    painter.move([at(50, 9)], { ...mouse, shiftKey: true });
    expect(count(1)).toBe(0);
    painter.up(at(50, 9));
    expect([labelAt(48, 5), labelAt(48, 9)]).toEqual([1, 0]);
  });

  it("the lasso takes a free drag", () => {
    studio.tool.value = "lasso";
    drag([10, 10], [40, 10], [40, 40], [10, 40]);
    expect([labelAt(25, 25), labelAt(5, 5)]).toEqual([1, 0]);
  });

  it("the lasso takes corners that are clicked, closed at the first one or by Enter", () => {
    studio.tool.value = "lasso";
    for (const corner of [
      [10, 10],
      [40, 10],
      [40, 40],
    ] as const)
      drag([...corner]);
    expect(count(1)).toBe(0);
    drag([11, 11]);
    expect(labelAt(35, 20)).toBe(1);
    for (const corner of [
      [50, 50],
      [60, 50],
      [60, 60],
    ] as const)
      drag([...corner]);
    painter.close();
    expect(labelAt(58, 53)).toBe(1);
  });

  it("fill, pick and smooth do as they say", () => {
    studio.tool.value = "fill";
    studio.label.value = 2;
    drag([30, 30], [31, 31]);
    expect(count(2)).toBe(64 * 64);
    studio.doc.value.labels[20 * 64 + 20] = 6;
    painter.down(at(20.5, 20.5), { ...mouse, altKey: true });
    painter.up(at(20.5, 20.5));
    expect(studio.label.value).toBe(6);
    studio.tool.value = "smooth";
    drag([20, 20]);
    expect(labelAt(20, 20)).toBe(2);
  });

  it("the height brush starts from the land, and is undone", () => {
    studio.terrain.value.heights.fill(400);
    studio.tool.value = "height";
    studio.size.value = 32;
    drag([20, 20]);
    expect(Math.max(...studio.doc.value.guide!.filter((metres) => !Number.isNaN(metres)))).toBeGreaterThan(450);
    studio.undo();
    expect(studio.doc.value.guide).toBeNull();
  });

  it("a stroke that turns into a pinch is taken back, and is no step", () => {
    painter.down(at(20, 20), mouse);
    painter.move([at(40, 20)], mouse);
    expect(count(1)).toBeGreaterThan(0);
    painter.cancel();
    expect(count(1)).toBe(0);
    expect(studio.canUndo.value).toBe(false);
  });

  it("straight lines go in eight directions", () => {
    expect(straight(at(0, 0), at(10, 1)).y).toBeCloseTo(0);
    const { x, y } = straight(at(0, 0), at(7, 6));
    expect(x).toBeCloseTo(y);
  });
});

describe("the studio", () => {
  it("has another map, and goes back with all its steps", () => {
    drag([10, 10], [20, 10]);
    studio.open(new MapDocument(128, 96), "Dropped", { seed: 9 }, ["Two colours were guessed."]);
    expect([studio.doc.value.width, studio.terrain.value.height, studio.choices.value.seed]).toEqual([128, 96, 9]);
    expect(studio.canUndo.value).toBe(false);
    expect(studio.notice.value?.text).toBe("Opened Dropped. Two colours were guessed.");
    studio.notice.value!.action!.run();
    expect([studio.name.value, studio.canUndo.value]).toEqual(["Home", true]);
    studio.undo();
    expect(count(1)).toBe(0);
  });

  it("takes choices of another model as far as they fit", () => {
    const fitted = studio.fitted({ seed: 4, style: { relief: 99, lost: 1 }, texture: "gone" });
    expect(fitted).toEqual({
      seed: 4,
      style: { elevation: 0, relief: 3, lightness: 0, greenness: 0 },
      texture: "satellite",
    });
  });

  it("asks for land where it was painted, and for all of it when the seed changes", async () => {
    await vi.advanceTimersByTimeAsync(0);
    await engine.last.answer(1);
    studio.choose({ seed: 77 });
    await vi.advanceTimersByTimeAsync(200);
    expect(engine.last.choices.seed).toBe(77);
    expect(engine.last.window).toEqual({ x: 0, y: 0, width: 64, height: 64 });
  });

  it("sees the fine land until it is painted on, and again after undo", async () => {
    studio.carve();
    expect(engine.carvings[0]!.carving).toEqual({ detail: 4 });
    await engine.carvings[0]!.answer();
    expect(studio.land.value.detail).toBe(4);
    drag([10, 10], [20, 10]);
    expect(studio.land.value).toBe(studio.terrain.value);
    studio.undo();
    expect(studio.land.value.detail).toBe(4);
  });

  it("ends carving when something is painted", () => {
    studio.carve();
    painter.down(at(20, 20), mouse);
    expect(engine.carvings[0]!.signal.aborted).toBe(false);
    painter.up(at(20, 20));
    expect(engine.carvings[0]!.signal.aborted).toBe(true);
  });

  it("carves as its engine can, and no finer than can be shown", () => {
    const { engine: other } = new FakeEngine();
    const start = { map: new MapDocument(2048, 64), name: "Wide", carving: { detail: 3, sea_lakes: true } };
    const wide = new Studio(other, model(), start);
    expect(wide.carving.value).toEqual({ detail: 2, sea_lakes: true });
    wide.carving.value = { detail: 8 };
    expect(wide.carvingHere.value).toEqual({ detail: 2 });
    wide.open(new MapDocument(512, 512), "Square");
    expect(wide.carvingHere.value).toEqual({ detail: 8 });
  });

  it("keeps in a project how the land is carved", async () => {
    const saved: Record<string, unknown>[] = [];
    const project = { ...new MapDocument(64, 64), choices: studio.choices.value };
    Object.assign(engine, {
      saveProject: (_map: unknown, _choices: unknown, settings: Record<string, unknown>) => {
        saved.push(settings);
        return Promise.reject(new Error("no page to download to"));
      },
      openProject: () => Promise.resolve({ ...project, settings: saved[0] }),
    });
    const files = new Files(studio);
    studio.carving.value = { detail: 8, draw_rivers: false };
    await files.saveProject();
    studio.carving.value = { detail: 2 };
    await files.open(new File([], "home.spadeproj"));
    expect(studio.carving.value).toEqual({ detail: 8, draw_rivers: false });
  });

  it("clears to water, in one step", () => {
    drag([10, 10], [20, 10]);
    studio.clear();
    expect(count(0)).toBe(64 * 64);
    studio.undo();
    expect(count(1)).toBeGreaterThan(0);
  });
});

describe("shortcuts", () => {
  const press = (key: string, mods: Partial<KeyboardEvent> = {}) =>
    keysOf({ key, ctrlKey: false, metaKey: false, shiftKey: false, ...mods });

  it("are known by the keys' names, on any machine", () => {
    expect(press("b")).toBe("B");
    expect(press("?", { shiftKey: true })).toBe("?");
    expect(press("z", { ctrlKey: true })).toBe("Mod+Z");
    expect(press("Z", { metaKey: true, shiftKey: true })).toBe("Mod+Shift+Z");
    expect(press("=")).toBe("+");
  });

  it("have no key twice", () => {
    const keys = SHORTCUTS.map((shortcut) => shortcut.keys);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it("size the brush by steps, within bounds", () => {
    const run = (keys: string): void => SHORTCUTS.find((each) => each.keys === keys)!.run({ studio } as never);
    studio.size.value = 1;
    run("[");
    expect(studio.size.value).toBe(1);
    run("]");
    expect(studio.size.value).toBe(2);
    for (let turn = 0; turn < 50; turn++) run("]");
    expect(studio.size.value).toBe(200);
  });
});
