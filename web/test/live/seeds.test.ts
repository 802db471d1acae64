import { expect, it } from "vitest";
import { MapDocument } from "../../src/document/document";
import { squareAt } from "../../src/document/rect";
import { middleOfLand, Seeds } from "../../src/live/seeds";
import { FakeEngine, model, settle } from "../fakes";

const choices = { seed: 1, style: {}, texture: "atlas" };

it("shows the middle of the land, within the map", () => {
  const doc = new MapDocument(512, 512);
  const shown = (map: MapDocument) => squareAt(middleOfLand(map), 192, 32, map);
  expect(shown(doc)).toEqual({ x: 160, y: 160, width: 192, height: 192 });
  doc.labels[500 * 512 + 505] = 3;
  expect(shown(doc)).toEqual({ x: 320, y: 320, width: 192, height: 192 });
  expect(shown(new MapDocument(128, 96))).toEqual({ x: 0, y: 0, width: 128, height: 96 });
});

it("makes four others one after another, in a lane of their own", async () => {
  const engine = new FakeEngine();
  let seed = 10;
  const seeds = new Seeds(engine.engine, model(), () => seed++);
  const rolled = seeds.roll(new MapDocument(256, 256), choices);
  for (let at = 0; at < 4; at++) {
    expect(engine.requests).toHaveLength(at + 1);
    expect(engine.last).toMatchObject({ lane: "others", choices: { seed: 10 + at, texture: "atlas" } });
    await engine.last.answer(at);
  }
  await rolled;
  expect(seeds.others.value.map(({ seed: each, picture }) => [each, picture!.heights[0]])).toEqual([
    [10, 0],
    [11, 1],
    [12, 2],
    [13, 3],
  ]);
  expect(seeds.working.value).toBe(false);
});

it("drops what was being made when something changes", async () => {
  const engine = new FakeEngine();
  const seeds = new Seeds(engine.engine, model(), () => 5);
  const rolled = seeds.roll(new MapDocument(64, 64), choices);
  await settle();
  seeds.forget();
  await rolled;
  expect(engine.last.signal.aborted).toBe(true);
  expect(seeds.others.value).toEqual([]);
});
