/** STL: the surface on a solid block, for printing, in millimetres, Z up. */
import type { Mesh } from "./mesh";

export const LONGEST_MM = 150;
export const BASE_MM = 3;

export function stl(mesh: Mesh): Uint8Array<ArrayBuffer> {
  const { columns, rows, faces } = mesh;
  const top = topOf(mesh);
  const rim = rimOf(columns, rows);
  const triangles = faces.length / 3 + 3 * rim.length;
  const out = new Uint8Array(84 + 50 * triangles);
  out.set(new TextEncoder().encode("spade-terrain, millimetres".padEnd(80)));
  const view = new DataView(out.buffer);
  view.setUint32(80, triangles, true);
  let to = 84;
  const write = (...corners: [Point, Point, Point]): void => {
    for (const value of [...normal(...corners), ...corners.flat()]) {
      view.setFloat32(to, value, true);
      to += 4;
    }
    to += 2;
  };
  const high = (v: number): Point => [top[3 * v]!, top[3 * v + 1]!, top[3 * v + 2]!];
  const low = (v: number): Point => [top[3 * v]!, top[3 * v + 1]!, -BASE_MM];
  for (let i = 0; i < faces.length; i += 3) write(high(faces[i]!), high(faces[i + 1]!), high(faces[i + 2]!));
  const middle: Point = [0, 0, -BASE_MM];
  rim.forEach((here, i) => {
    const next = rim[(i + 1) % rim.length]!;
    write(high(here), low(here), high(next));
    write(high(next), low(here), low(next));
    write(low(here), middle, low(next));
  });
  return out;
}

type Point = [number, number, number];

function topOf({ vertices }: Mesh): Float32Array {
  const scale = LONGEST_MM / Math.max(-2 * vertices[0]!, -2 * vertices[2]!);
  return vertices.map((_, i) => {
    const v = i - (i % 3);
    return scale * [vertices[v]!, -vertices[v + 2]!, vertices[v + 1]!][i % 3]!;
  });
}

/** Vertices of the border, counter-clockwise seen from above, each once. */
function rimOf(columns: number, rows: number): number[] {
  const south = Array.from({ length: columns - 1 }, (_, i) => (rows - 1) * columns + i);
  const east = Array.from({ length: rows - 1 }, (_, i) => (rows - i) * columns - 1);
  const north = Array.from({ length: columns - 1 }, (_, i) => columns - 1 - i);
  const west = Array.from({ length: rows - 1 }, (_, i) => i * columns);
  return [...south, ...east, ...north, ...west];
}

function normal(a: Point, b: Point, c: Point): Point {
  const [u, v] = [b.map((value, i) => value - a[i]!), c.map((value, i) => value - a[i]!)] as [Point, Point];
  const across: Point = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
  const length = Math.max(Math.hypot(...across), 1e-30);
  return across.map((value) => value / length) as Point;
}
