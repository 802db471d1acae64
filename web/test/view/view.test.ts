import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TerrainStore } from "../../src/live/terrain";
import { HEIGHT_STOPS, heightColour, paletteOf } from "../../src/view/colours";
import { Motion } from "../../src/view/motion";
import { levelFor } from "../../src/view/picture";
import { profileAlong } from "../../src/view/profile";
import { lineWidth, Rivers, wordsFor } from "../../src/view/rivers";
import { Viewport } from "../../src/view/viewport";
import { flat } from "../fakes";

const empty = (width: number, height: number): TerrainStore =>
  new TerrainStore(width, height, new Uint8Array(width * height), Uint32Array.of(0xff0000ff));

describe("the viewport", () => {
  const open = (): Viewport => {
    const viewport = new Viewport(() => undefined);
    viewport.resize(800, 600);
    viewport.fit({ width: 512, height: 512 }, { top: 50, right: 0, bottom: 50, left: 0 });
    return viewport;
  };

  it("shows the whole map in the middle", () => {
    const viewport = open();
    expect(viewport.toScreen({ x: 256, y: 256 })).toEqual({ x: 400, y: 300 });
    expect(viewport.scale).toBeCloseTo(500 / 512);
  });

  it("zooms about a point, and back", () => {
    const viewport = open();
    const before = viewport.toMap({ x: 500, y: 200 });
    viewport.zoom(3, { x: 500, y: 200 });
    expect(viewport.toMap({ x: 500, y: 200 }).x).toBeCloseTo(before.x);
    viewport.zoom(1e9);
    expect(viewport.scale).toBe(32);
  });

  it("never loses the map", () => {
    const viewport = open();
    viewport.pan(-1e6, 1e6);
    const corner = viewport.toScreen({ x: 512, y: 0 });
    expect(corner.x).toBeGreaterThan(0);
    expect(corner.y).toBeLessThan(600);
  });

  it("keeps the middle when the canvas grows, and tells when it changes", () => {
    const changed = vi.fn();
    const viewport = new Viewport(changed);
    viewport.resize(100, 100);
    const middle = viewport.toMap({ x: 50, y: 50 });
    viewport.resize(300, 200);
    expect(viewport.toMap({ x: 150, y: 100 })).toEqual(middle);
    expect(changed).toHaveBeenCalledTimes(2);
  });
});

describe("colours", () => {
  const bytes = (rgba: number): number[] => [...new Uint8Array(Uint32Array.of(rgba).buffer)];

  it("are the palette's, byte by byte", () => {
    expect(bytes(paletteOf([{ name: "water", rgb: [17, 141, 215] }])[0]!)).toEqual([17, 141, 215, 255]);
  });

  it("follow height, with the sea apart", () => {
    for (const [metres, rgb] of HEIGHT_STOPS.slice(1)) expect(bytes(heightColour(metres))).toEqual([...rgb, 255]);
    expect(heightColour(0)).not.toBe(heightColour(1));
    expect(heightColour(-50)).toBe(heightColour(0));
    expect(heightColour(99_999)).toBe(heightColour(7000));
  });
});

describe("the terrain store", () => {
  it("puts windows where they belong, and says so", () => {
    const store = empty(6, 4);
    // The painted map is shown until there is land.
    expect([...store.texture.subarray(8 * 4, 9 * 4)]).toEqual([255, 0, 0, 255]);
    const seen = vi.fn();
    const end = store.watch(seen);
    const window = flat({ x: 2, y: 1, width: 3, height: 2 }, 0.1);
    store.merge(window);
    expect([...store.heights].map((metres) => (metres > 0 ? 1 : 0)).join("")).toBe("000000001110001110000000");
    // Heights stay float32.
    expect(store.metresAt(2.5, 1.5)).toBe(Math.fround(0.1));
    expect([...store.texture.subarray(8 * 4, 9 * 4)]).toEqual([9, 9, 9, 255]);
    expect([...store.shaded.subarray(0, 4)]).toEqual([0, 0, 0, 0]);
    expect(seen).toHaveBeenCalledWith(window);
    end();
    store.merge(window);
    expect(seen).toHaveBeenCalledTimes(1);
  });
});

describe("a profile", () => {
  it("is linear between pixels, in metres along the ground", () => {
    const store = empty(10, 10);
    store.heights.set(Float32Array.from({ length: 100 }, (_, at) => (at % 10) * 100));
    const { metres, length, highest } = profileAlong(
      store,
      [
        { x: 0.5, y: 5 },
        { x: 9.5, y: 5 },
      ],
      2000,
      18,
    );
    expect(length).toBe(18_000);
    expect([...metres].slice(0, 3)).toEqual([0, 50, 100]);
    expect(highest).toBe(900);
  });

  it("has its edge's height outside of the map", () => {
    const store = empty(4, 4);
    store.heights.fill(7);
    expect([
      ...profileAlong(
        store,
        [
          { x: -9, y: -9 },
          { x: 90, y: 2 },
        ],
        1,
        4,
      ).metres,
    ]).toEqual([7, 7, 7, 7, 7]);
  });
});

describe("rivers", () => {
  const reach = (line: [number, number][], order: number) => ({
    line,
    order,
    area: 1234.4,
    discharge: 7.26,
    width: 13.5,
    name: null,
  });
  const along = (y: number): [number, number][] => Array.from({ length: 41 }, (_, x) => [x, y]);
  const [upper, lower] = [reach(along(10), 1), reach(along(14), 3)];
  const rivers = new Rivers([upper, lower]);

  it("are found under the pointer, the nearest of them", () => {
    expect(rivers.near({ x: 20.3, y: 11 }, 3)).toBe(upper);
    expect(rivers.near({ x: 20.3, y: 12.6 }, 3)).toBe(lower);
    expect(rivers.near({ x: 20, y: 18 }, 3)).toBeNull();
    expect(rivers.near({ x: 20, y: 26 }, 20)).toBe(lower);
  });

  it("are wider the more have joined, and the nearer they are seen", () => {
    expect(lineWidth(3, 1)).toBeGreaterThan(lineWidth(2, 1));
    expect(lineWidth(2, 4)).toBeGreaterThan(lineWidth(2, 1));
    expect(lineWidth(2, 4)).toBeLessThan(4 * lineWidth(2, 1));
  });

  it("are put in words", () => {
    expect(wordsFor(upper)).toEqual(["River of order 1", "7.3 m³/s", "14 m wide", "from 1,234 km²"]);
    expect(wordsFor({ ...upper, name: "Sill" })[0]).toBe("Sill, order 1");
  });
});

describe("a picture from afar", () => {
  it("is halved while it still has a pixel for each of the screen's", () => {
    expect([4096, 2048, 2047, 1000, 4].map((across) => levelFor(4096, across))).toEqual([0, 1, 1, 2, 10]);
    expect(levelFor(512, 2000)).toBe(0);
  });
});

describe("motion", () => {
  let [now, frames]: [number, (() => void)[]] = [0, []];
  let seconds: number[] = [];
  beforeEach(() => {
    [now, frames, seconds] = [0, [], []];
    vi.stubGlobal("performance", { now: () => now });
    vi.stubGlobal("requestAnimationFrame", (frame: (now: number) => void) => frames.push(() => frame(now)));
  });
  afterEach(() => vi.unstubAllGlobals());

  function run(count: number, apart: number): void {
    for (let turn = 0; turn < count && frames.length > 0; turn++) {
      now += apart;
      frames.shift()!();
    }
  }
  function moving(): Motion {
    const motion = new Motion((since) => seconds.push(since));
    motion.on = true;
    motion.wake();
    return motion;
  }

  it("draws some thirty frames a second, however many the screen shows", () => {
    moving();
    run(120, 1000 / 120);
    expect(seconds.length).toBeGreaterThan(20);
    expect(seconds.length).toBeLessThan(31);
  });

  it("rests when nobody has done anything for a while, and wakes again", () => {
    const motion = moving();
    run(10_000, 20);
    expect(frames).toHaveLength(0);
    motion.wake();
    expect(frames).toHaveLength(1);
    motion.stop();
    run(5, 20);
    expect(frames).toHaveLength(0);
  });

  it("is left where frames come slowly, and is nothing where it is not wanted", () => {
    const motion = moving();
    run(100, 200);
    expect(frames).toHaveLength(0);
    motion.wake();
    expect(frames).toHaveLength(0);
    now += 60_000;
    motion.wake();
    expect(frames).toHaveLength(1);
    frames = [];
    const calm = new Motion(() => undefined);
    calm.wake();
    expect(frames).toHaveLength(0);
  });
});
