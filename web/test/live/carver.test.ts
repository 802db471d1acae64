import { beforeEach, describe, expect, it } from "vitest";
import { MapDocument } from "../../src/document/document";
import { EngineError } from "../../src/engine/engine";
import { CarvedLand, isSameCarving, readCarving } from "../../src/live/carved";
import { Carver } from "../../src/live/carver";
import { carved, FakeEngine, model, settle } from "../fakes";

const choices = { seed: 1, style: { relief: 0 }, texture: "atlas" };
let engine: FakeEngine;
let carver: Carver;
let doc: MapDocument;

beforeEach(() => {
  engine = new FakeEngine();
  carver = new Carver(engine.engine, model());
  doc = new MapDocument(16, 8);
});

const make = (detail = 2): Promise<void> => carver.make(doc, choices, { detail });
const last = () => engine.carvings.at(-1)!;

describe("the carver", () => {
  it("offers what is not too large to show", () => {
    expect(carver.detailsFor({ width: 512, height: 100 })).toEqual([1, 2, 4, 8]);
    expect(carver.detailsFor({ width: 100, height: 2048 })).toEqual([1, 2]);
    expect(new Carver(engine.engine, model({ details: [] })).detailsFor(doc)).toEqual([]);
  });

  it("tells how far it is, and has the land when it is done", async () => {
    const done = make(4);
    last().report({ done: 30, of: 100, doing: "carving", secondsLeft: 12 });
    expect(carver.state.value).toMatchObject({ is: "working", progress: { done: 30, secondsLeft: 12 } });
    expect(carver.land.value).toBeNull();
    await last().answer();
    await done;
    expect(carver.land.value).toMatchObject({ width: 64, height: 32, detail: 4 });
    expect(carver.state.value).toEqual({ is: "resting" });
    expect([carver.has({ detail: 4 }), carver.has({ detail: 2 }), carver.has({ detail: 4, sea_lakes: true })]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it("goes back to the live land when the map changes, and to the fine one when that is undone", async () => {
    void make();
    await last().answer();
    doc.labels[5] = 3;
    carver.follow(doc, choices);
    expect(carver.land.value).toBeNull();
    doc.labels[5] = 0;
    carver.follow(doc, choices);
    expect(carver.land.value?.detail).toBe(2);
    carver.follow(doc, { ...choices, seed: 2 });
    expect(carver.land.value).toBeNull();
    doc.ensureGuide()[0] = 700;
    carver.follow(doc, choices);
    expect(carver.land.value).toBeNull();
  });

  it("ends what is made of a map that has changed, and nothing else", async () => {
    void make();
    carver.follow(doc, choices);
    expect(last().signal.aborted).toBe(false);
    doc.labels[0] = 1;
    carver.follow(doc, choices);
    expect(last().signal.aborted).toBe(true);
    await last().answer();
    expect(carver.land.value).toBeNull();
    expect(carver.state.value).toEqual({ is: "resting" });
  });

  it("can be cancelled, and keeps the fine land there was", async () => {
    void make(2);
    await last().answer();
    void make(4);
    carver.cancel();
    await settle();
    expect(last().signal.aborted).toBe(true);
    expect(carver.state.value).toEqual({ is: "resting" });
    expect(carver.land.value?.detail).toBe(2);
  });

  it("says what went wrong until the next try", async () => {
    void make();
    await last().fail(new EngineError("memory is short; choose less detail"));
    expect(carver.state.value).toEqual({ is: "failed", message: "memory is short; choose less detail" });
    void make();
    expect(carver.state.value.is).toBe("working");
  });
});

describe("carved land", () => {
  it("is read in pixels of the map", () => {
    const heights = Float32Array.from({ length: 32 * 16 }, (_, at) => at % 32);
    const land = new CarvedLand({ ...carved(doc, 2), heights });
    expect([land.metresAt(8, 3), land.metresAt(8.25, 3), land.metresAt(-5, 3)]).toEqual([15.5, 16, 0]);
    expect([...land.texture.subarray(0, 8)]).toEqual([9, 9, 9, 255, 9, 9, 9, 255]);
  });

  it("is set by settings of any origin as far as they make sense", () => {
    expect(readCarving({ detail: 8, draw_rivers: false, sea_lakes: "yes" })).toEqual({ detail: 8, draw_rivers: false });
    expect(readCarving({ sea_rivers: true })).toEqual({ sea_rivers: true });
    expect(readCarving(undefined)).toEqual({});
    expect(isSameCarving({ detail: 2 }, { detail: 2, draw_rivers: false })).toBe(false);
  });
});
