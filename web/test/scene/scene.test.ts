import { PerspectiveCamera, Vector3 } from "three";
import { describe, expect, it } from "vitest";
import { LAKE } from "../../src/engine/engine";
import type { Land } from "../../src/live/land";
import { Levels } from "../../src/scene/levels";
import { gridWithSkirt, squaresFor } from "../../src/scene/lod";
import { REFERENCE_LIFT, writeRelief } from "../../src/scene/relief";
import { sunlight } from "../../src/scene/shadows";
import { wallGeometry } from "../../src/scene/slab";
import { Walk } from "../../src/scene/walk";

describe("shadows", () => {
  const SIDE = 31;
  const tower = (): Float32Array => {
    const heights = new Float32Array(SIDE * SIDE);
    for (let y = 14; y <= 16; y++) heights.fill(5, y * SIDE + 14, y * SIDE + 17);
    return heights;
  };
  /** How dark it is in each direction from the tower, five pixels away. */
  const around = (azimuth: number, altitude = 40) => {
    const light = sunlight(tower(), SIDE, SIDE, 1, azimuth, altitude);
    const at = (x: number, y: number): number => light[y * SIDE + x]!;
    return { north: at(15, 10), south: at(15, 20), west: at(10, 15), east: at(20, 15), se: at(19, 19), nw: at(11, 11) };
  };

  it.each([
    [0, "south"],
    [90, "west"],
    [180, "north"],
    [270, "east"],
    [315, "se"],
    [135, "nw"],
  ] as const)("fall away from the sun: from %d degrees to the %s", (azimuth, side) => {
    const dark = Object.entries(around(azimuth)).filter(([, light]) => light < 128);
    expect(dark.map(([name]) => name)).toEqual([side]);
  });

  it("grow as the sun sinks, by the tangent of its height", () => {
    const reach = (altitude: number): number => {
      const light = sunlight(tower(), SIDE, SIDE, 1, 0, altitude);
      let row = 17;
      while (row < SIDE && light[row * SIDE + 15]! < 128) row++;
      return row - 17;
    };
    expect(reach(45)).toBe(4);
    expect(reach(26.6)).toBe(9);
    expect(reach(80)).toBe(0);
  });

  it("leave open ground and the borders in the sun", () => {
    for (const azimuth of [0, 45, 100, 190, 260, 315]) {
      const light = sunlight(new Float32Array(20 * 12).fill(700), 20, 12, 0.01, azimuth, 5);
      expect(light.every((lit) => lit === 255)).toBe(true);
    }
  });
});

describe("relief", () => {
  it("has normals that lean downhill, and water where it is flat and painted so", () => {
    const heights = Float32Array.from({ length: 25 }, (_, at) => 500 + (at % 5) * 1000);
    const into = new Uint8Array(100);
    const labels = new Uint8Array(25).fill(1);
    const land = { width: 5, height: 5, detail: 1, heights, labels, carved: null } as unknown as Land;
    writeRelief(into, land, { x: 0, y: 0, width: 5, height: 5 });
    const slope = 1000 * REFERENCE_LIFT;
    expect(into[12 * 4]).toBe(Math.round((-slope / Math.hypot(slope, 1)) * 127 + 128));
    expect([into[12 * 4 + 1], into[12 * 4 + 2]]).toEqual([128, 0]);
    labels.fill(0);
    heights.fill(820);
    writeRelief(into, land, { x: 2, y: 2, width: 1, height: 1 });
    expect(into[12 * 4 + 2]).toBe(255);
    expect(into[2]).toBe(0);
  });

  it("of carved land is steeper by how fine it is, and has lakes and rivers as they were found", () => {
    const heights = Float32Array.from({ length: 25 }, (_, at) => 500 + (at % 5) * 250);
    const water = new Uint8Array(25);
    const rivers = new Uint8Array(25);
    water[6] = LAKE;
    rivers[7] = 90;
    const carved = { water, rivers, reaches: [] };
    const into = new Uint8Array(100);
    const land = { width: 5, height: 5, detail: 4, heights, labels: new Uint8Array(25), carved } as unknown as Land;
    writeRelief(into, land, { x: 0, y: 0, width: 5, height: 5 });
    const slope = 1000 * REFERENCE_LIFT;
    expect(into[12 * 4]).toBe(Math.round((-slope / Math.hypot(slope, 1)) * 127 + 128));
    expect([into[6 * 4 + 2], into[7 * 4 + 2], into[7 * 4 + 3]]).toEqual([255, 0, 90]);
  });
});

describe("levels", () => {
  const side = 70;
  const heights = Float32Array.from({ length: side * 40 }, (_, at) => (at % side) * 10);

  it("are means of four, down to a small one", () => {
    const { all, highest } = new Levels({ heights, width: side, height: 40 });
    expect(all.map(({ width, height }) => [width, height])).toEqual([
      [70, 40],
      [35, 20],
      [17, 10],
    ]);
    expect([all[1]!.data[0], all[1]!.data[35 + 2], all[2]!.data[1], highest]).toEqual([5, 45, 55, 690]);
  });

  it("follow a change as if they were made anew", () => {
    const levels = new Levels({ heights: heights.slice(), width: side, height: 40 });
    const now = levels.all[0]!.data;
    for (let y = 11; y < 18; y++) now.fill(-500, y * side + 33, y * side + 44);
    levels.update({ x: 33, y: 11, width: 11, height: 7 });
    const anew = new Levels({ heights: now, width: side, height: 40 });
    expect(levels.all.map(({ data }) => data)).toEqual(anew.all.map(({ data }) => data));
    expect(levels.upTo(40).width).toBe(35);
  });
});

describe("the mesh", () => {
  it("is a grid with a skirt all around", () => {
    const grid = gridWithSkirt(4);
    const positions = grid.getAttribute("position");
    const feet = Array.from({ length: positions.count }, (_, at) => positions.getY(at)).filter((y) => y === -1);
    expect(positions.count).toBe(49);
    expect(feet).toHaveLength(24);
    expect(Math.max(...grid.getIndex()!.array)).toBe(48);
  });

  const extent = { width: 300, depth: 200, top: 10, pixel: 0.25 };
  const squares = (x: number, y: number, z: number) => squaresFor(new Vector3(x, y, z), extent, () => true);

  it("covers the map once, whatever the eye sees", () => {
    const found = squares(40, 2, 30);
    const within = (from: number, side: number, most: number): number => Math.min(from + side, most) - from;
    const area = found.map(({ x, z, side }) => within(x, side, 150) * within(z, side, 100));
    expect(area.reduce((sum, each) => sum + each)).toBeCloseTo(300 * 200);
    expect(new Set(found.map(({ x, z }) => `${x} ${z}`)).size).toBe(found.length);
  });

  it("is as fine as the land beside the eye, and coarser farther away", () => {
    const found = squares(-140, 0, -90);
    const at = (x: number, z: number): number =>
      found.find((each) => x >= each.x && z >= each.z && x < each.x + each.side && z < each.z + each.side)!.side;
    expect(at(-140, -90)).toBe(64 * 0.25);
    expect(at(140, 90)).toBeGreaterThan(at(-50, -50));
    expect(squares(0, 5000, 0)).toHaveLength(1);
  });

  it("leaves out what is not seen", () => {
    const found = squaresFor(new Vector3(0, 2, 0), extent, (box) => box.min.x < 0);
    expect(found.every(({ x }) => x < 0)).toBe(true);
  });
  it("has walls on four sides", () => {
    const positions = wallGeometry(8).getAttribute("position");
    expect(positions.count).toBe(4 * 9 * 2);
  });
});

describe("walking", () => {
  const walk = (camera: PerspectiveCamera): Walk =>
    new Walk(
      camera,
      (x) => Math.max(0, x * 0.05),
      () => ({ width: 100, height: 100 }),
      () => 1.1,
    );

  it("goes where one looks, on the ground, and not off the map", () => {
    const camera = new PerspectiveCamera();
    const feet = walk(camera);
    feet.enter(0, 0, { x: 10, z: 0 });
    expect(feet.key("KeyW", true)).toBe(true);
    expect(feet.key("KeyQ", true)).toBe(false);
    feet.step(1, false);
    expect(camera.position.x).toBeCloseTo(9);
    expect(camera.position.z).toBeCloseTo(0);
    expect(camera.position.y).toBeCloseTo(9 * 0.05 + 1.1);
    for (let turn = 0; turn < 20; turn++) feet.step(1, true);
    expect(camera.position.x).toBe(49);
    feet.key("KeyW", false);
    expect(feet.moving).toBe(false);
  });

  it("begins with an open view, not before a wall", () => {
    const camera = new PerspectiveCamera();
    const wallInTheNorth = (_x: number, z: number): number => (z < -4 ? 30 : 0);
    const feet = new Walk(
      camera,
      wallInTheNorth,
      () => ({ width: 100, height: 100 }),
      () => 1.1,
    );
    feet.enter(0, 0, { x: 0, z: -10 });
    feet.key("KeyW", true);
    feet.step(1, false);
    expect(camera.position.z).toBeGreaterThan(-0.1);
  });

  it("turns with the pointer", () => {
    const camera = new PerspectiveCamera();
    const feet = walk(camera);
    feet.enter(0, 0, { x: 0, z: -10 });
    feet.look(-Math.PI / 2 / 0.004, 0);
    feet.key("ArrowUp", true);
    feet.step(1, false);
    expect(camera.position.x).toBeCloseTo(9);
  });
});
