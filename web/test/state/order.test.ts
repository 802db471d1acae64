import { expect, it } from "vitest";
import { MapDocument } from "../../src/document/document";
import { Order } from "../../src/state/order";
import { Studio } from "../../src/state/studio";
import { FakeEngine, model } from "../fakes";

const [glb, rivers] = [model().formats[0]!, model().formats.find(({ detail }) => detail)!];

function opened(): { studio: Studio; engine: FakeEngine; order: Order } {
  const engine = new FakeEngine();
  const map = new MapDocument(64, 64);
  return { studio: new Studio(engine.engine, model(), { map, name: "Home" }), engine, order: new Order() };
}

it("asks for files as the map is, at their true scale", () => {
  const { order, studio } = opened();
  order.togglePreset("unity");
  expect(order.sent(studio)).toEqual({ formats: ["glb"], presets: ["unity"], options: {} });
  expect(order.words(studio.model)).toBe(`${glb.label}, ${studio.model.presets[0]!.label}`);
  order.togglePreset("unity");
  order.toggleFormat(glb, studio);
  expect(order.empty).toBe(true);
});

it("has the land carved for rivers, and drops them where it is not", () => {
  const { order, studio } = opened();
  order.toggleFormat(rivers, studio);
  expect(order.sent(studio)).toMatchObject({ formats: ["glb", "rivers"], options: { detail: 4 } });
  order.setDetail(0, studio);
  expect(order.sent(studio)).toEqual({ formats: ["glb"], presets: [], options: {} });
});

it("makes files as fine as what is seen, and in the same way", async () => {
  const { order, studio, engine } = opened();
  studio.carving.value = { detail: 8, draw_rivers: false };
  studio.carve();
  await engine.carvings[0]!.answer();
  order.kilometres = "12";
  expect(order.sent(studio).options).toEqual({ detail: 8, draw_rivers: false, playable_km: 12 });
  order.setDetail(2, studio);
  expect(order.sent(studio).options.detail).toBe(2);
});
