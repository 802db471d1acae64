/** What showing fine land costs once, at the largest size: 4,096 x 4,096 pixels. */
import { bench, describe } from "vitest";
import { CarvedLand } from "../src/live/carved";
import { Levels } from "../src/scene/levels";
import { writeRelief } from "../src/scene/relief";
import { sunlight } from "../src/scene/shadows";
import { carved } from "../test/fakes";

const SIDE = 4096;
const ONCE = { iterations: 3, time: 0, warmupIterations: 1, warmupTime: 0 };

describe("fine land of 4,096 x 4,096", () => {
  const terrain = carved({ width: 512, height: 512, labels: new Uint8Array(), guide: null }, SIDE / 512);
  terrain.heights.forEach((_, at) => (terrain.heights[at] = 500 + 500 * Math.sin(at / 77)));
  const land = new CarvedLand(terrain);
  const levels = new Levels(land);
  const bytes = new Uint8Array(SIDE * SIDE * 4);
  bench("RGB to RGBA, texture and shaded", () => void new CarvedLand(terrain), ONCE);
  bench("levels of detail", () => void new Levels(land), ONCE);
  bench("normals", () => writeRelief(bytes, land, { x: 0, y: 0, width: SIDE, height: SIDE }), ONCE);
  bench(
    "shadows, at 2,048 x 2,048",
    () => {
      const { data, width, height } = levels.upTo(2048);
      sunlight(data, width, height, 0.02, 300, 30);
    },
    ONCE,
  );
});
