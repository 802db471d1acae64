/** Simple fine land: the coarse one with more of the same noise, and rivers that run down it. */
import { type Container, take } from "../../src/engine/container";
import type { Reach } from "../../src/engine/engine";
import { type Part, landAt } from "./land";

const RIVERS = 60;

export function carve({ header, arrays }: Container): Container {
  const [rows, columns] = arrays["labels"]!.shape as [number, number];
  const { seed, detail } = header as { seed: number; detail: number };
  const labels = take({ header, arrays }, "labels", Uint8Array);
  const part = { labels, width: columns, height: rows, origin: { x: 0, y: 0 } };
  const [width, height] = [columns * detail, rows * detail];
  const texture = new Uint8Array(width * height * 3);
  const heights = new Float32Array(width * height);
  const fine = new Uint8Array(width * height);
  const water = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = row * width + column;
      const { metres, rgb } = landAt(part, (column + 0.5) / detail - 0.5, (row + 0.5) / detail - 0.5, seed);
      heights[at] = metres;
      texture.set(rgb, at * 3);
      fine[at] = labels[Math.floor(row / detail) * columns + Math.floor(column / detail)]!;
      water[at] = metres > 0 ? 0 : 1;
    }
  }
  const rivers = new Uint8Array(width * height);
  const reaches = descents(part, detail, heights, rivers);
  const colours = { shape: [height, width, 3], data: texture };
  const of = (data: Uint8Array | Float32Array) => ({ shape: [height, width], data });
  return {
    header: { width, height, detail, gsd: 2000 / detail, lakes: [], rivers: reaches },
    arrays: {
      texture: colours,
      shaded: colours,
      height: of(heights),
      labels: of(fine),
      water: of(water),
      rivers: of(rivers),
    },
  };
}

/** Lines straight down from places on a grid, to the sea or a hollow. */
function descents({ width, height }: Part, detail: number, heights: Float32Array, rivers: Uint8Array): Reach[] {
  const across = width * detail;
  const reaches: Reach[] = [];
  for (let river = 0; river < RIVERS; river++) {
    let [x, y] = [((river % 10) + 0.5) * (across / 10), (Math.floor(river / 10) + 0.5) * ((height * detail) / 6)].map(
      Math.floor,
    ) as [number, number];
    const line: [number, number][] = [];
    for (;;) {
      const here = heights[y * across + x]!;
      if (here <= 0) break;
      rivers[y * across + x] = 255;
      line.push([(x + 0.5) / detail, (y + 0.5) / detail]);
      const ways = [-1, 0, 1].flatMap((dy) => [-1, 0, 1].map((dx) => [x + dx, y + dy] as [number, number]));
      const level = ([i, j]: [number, number]): number => heights[j * across + i] ?? here;
      const next = ways.reduce((lowest, way) => (level(way) < level(lowest) ? way : lowest));
      if (level(next) >= here) break;
      [x, y] = next;
    }
    if (line.length < 2) continue;
    const long = line.length / detail;
    reaches.push({
      line,
      order: 1 + (river % 4),
      area: long * 40,
      discharge: long * 2,
      width: 5 * Math.sqrt(long * 2),
      name: null,
    });
  }
  return reaches;
}
