import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MapDocument } from "../../src/document/document";
import { EngineAway, EngineError, Superseded } from "../../src/engine/engine";
import { Live, type LiveState } from "../../src/live/live";
import { FakeEngine, model, settle } from "../fakes";

const CHOICES = { seed: 1, style: {}, texture: "atlas" };
let states: LiveState[];
let engine: FakeEngine;

beforeEach(() => {
  vi.useFakeTimers();
  states = [];
  engine = new FakeEngine();
});
afterEach(() => vi.useRealTimers());

const wait = async (milliseconds: number): Promise<void> => {
  await vi.advanceTimersByTimeAsync(milliseconds);
};

async function open(size = 512, change = {}): Promise<Live> {
  const live = new Live(engine.engine, model(change), new MapDocument(size, size), CHOICES, (state) =>
    states.push(state),
  );
  live.retry();
  await wait(0);
  return live;
}

async function ready(size = 512, change = {}): Promise<Live> {
  const live = await open(size, change);
  while (engine.requests.length > 0 && states.at(-1)!.is !== "ready") await engine.last.answer(1);
  engine.requests.length = 0;
  return live;
}

const stroke = { x: 300, y: 300, width: 10, height: 10 };

it("makes the whole map first", async () => {
  const live = await open();
  expect(engine.last.window).toEqual({ x: 0, y: 0, width: 512, height: 512 });
  await engine.last.answer(42);
  expect(live.terrain.metresAt(511, 511)).toBe(42);
  expect(live.terrain.complete).toBe(true);
  expect(states.at(-1)).toEqual({ is: "ready" });
});

it("shows the region around a stroke at once, and the rest when the brush rests", async () => {
  const live = await ready();
  live.edited(stroke, { x: 305, y: 305 });
  await wait(20);
  expect(engine.last.window).toEqual({ x: 284, y: 284, width: 42, height: 42 });
  await engine.last.answer(5);
  expect(live.terrain.metresAt(305, 305)).toBe(5);
  expect(engine.requests).toHaveLength(1);
  await wait(250);
  // All that the labels reach: the stroke with the halo of 64 around it.
  expect(engine.last.window).toEqual({ x: 224, y: 224, width: 160, height: 160 });
  await engine.last.answer(6);
  expect([live.terrain.metresAt(230, 230), live.terrain.metresAt(10, 10)]).toEqual([6, 1]);
  expect(states.at(-1)).toEqual({ is: "ready" });
});

it("says at once that the land is no longer that of the map", async () => {
  const live = await ready();
  live.edited(stroke, { x: 305, y: 305 });
  expect(states.at(-1)!.is).toBe("working");
});

it("lets the newest win", async () => {
  const live = await ready();
  live.edited(stroke, { x: 305, y: 305 });
  await wait(20);
  const old = engine.last;
  live.hold();
  expect(old.signal.aborted).toBe(true);
  live.edited({ x: 20, y: 20, width: 4, height: 4 }, { x: 22, y: 22 });
  await wait(20);
  await old.answer(99);
  await engine.last.answer(5);
  await wait(250);
  expect(live.terrain.heights.includes(99)).toBe(false);
  // What the first stroke reached has still to be made.
  expect(engine.last.window).toEqual({ x: 0, y: 0, width: 384, height: 384 });
});

it("previews around the brush where strokes went far", async () => {
  const live = await ready();
  live.edited({ x: 0, y: 0, width: 500, height: 20 }, { x: 490, y: 10 });
  await wait(20);
  expect(engine.last.window).toEqual({ x: 352, y: 0, width: 160, height: 160 });
});

it("makes large maps window by window, what is near the brush first", async () => {
  const live = await ready(256, { max_window: 128 });
  live.edited({ x: 200, y: 200, width: 2, height: 2 }, { x: 201, y: 201 });
  await wait(20);
  await engine.last.answer(2);
  await wait(250);
  expect(engine.last.window).toEqual({ x: 128, y: 128, width: 128, height: 128 });
  expect(states.at(-1)).toEqual({ is: "working", done: 0, of: 1 });
});

it("goes on with what was stale when a stroke changes nothing", async () => {
  const live = await ready();
  live.edited(stroke, null);
  live.hold();
  live.release();
  await wait(250);
  expect(engine.last.window.width).toBe(160);
});

it("asks a server that is away again, until it is back", async () => {
  await open();
  await engine.last.fail(new EngineAway("start it again"));
  expect(states.at(-1)).toEqual({ is: "away", message: "start it again" });
  await wait(2000);
  await engine.last.answer(3);
  expect(states.at(-1)).toEqual({ is: "ready" });
});

it("says what an engine says, and waits to be asked again", async () => {
  const live = await open();
  await engine.last.fail(new EngineError("the model is broken"));
  expect(states.at(-1)).toEqual({ is: "failed", message: "the model is broken" });
  await wait(60_000);
  expect(engine.requests).toHaveLength(1);
  live.retry();
  await wait(0);
  expect(engine.requests).toHaveLength(2);
});

it("is silent about what was superseded", async () => {
  await open();
  const before = states.length;
  await engine.last.fail(new Superseded("newer"));
  expect(states).toHaveLength(before);
});

it("waits for sliders to stand still, then makes a part of it and all anew", async () => {
  const live = await ready();
  live.choose({ ...CHOICES, style: { elevation: 1 } });
  await wait(60);
  live.choose({ ...CHOICES, style: { elevation: 2 } });
  await wait(119);
  expect(engine.requests).toHaveLength(0);
  await wait(1);
  await settle();
  expect(engine.last.choices.style).toEqual({ elevation: 2 });
  expect(engine.last.window).toEqual({ x: 160, y: 160, width: 160, height: 160 });
  await engine.last.answer(8);
  expect([live.terrain.metresAt(256, 256), live.terrain.metresAt(10, 10)]).toEqual([8, 1]);
  await wait(34);
  expect(engine.last.window.width).toBe(512);
  await engine.last.answer(9);
  expect(states.at(-1)).toEqual({ is: "ready" });
});

it("makes the land of another seed at once", async () => {
  const live = await ready();
  live.choose({ ...CHOICES, seed: 2 });
  await wait(0);
  expect(engine.last.choices.seed).toBe(2);
});

it("shows first where somebody has painted when all of a map changes", async () => {
  const live = await ready();
  live.edited(stroke, { x: 480, y: 100 });
  live.choose({ ...CHOICES, seed: 2 });
  await wait(120);
  expect(engine.last.window).toEqual({ x: 352, y: 0, width: 160, height: 160 });
});

it("makes small maps and new ones at once", async () => {
  const live = await ready(256);
  live.choose({ ...CHOICES, seed: 2 });
  await wait(120);
  expect(engine.last.window.width).toBe(256);
  live.open(new MapDocument(512, 512), CHOICES);
  await wait(0);
  expect(engine.last.window.width).toBe(512);
});
