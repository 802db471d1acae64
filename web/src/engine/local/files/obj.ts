/** Wavefront OBJ and its material. */
import type { Mesh } from "./mesh";

const MOST_PLACES = 6;
const LINES_AT_ONCE = 1 << 14;

export function obj(mesh: Mesh, verticalScale: number): Uint8Array<ArrayBuffer>[] {
  const text = new TextEncoder();
  const about = `X east, Y up, Z south; metres, heights times ${verticalScale}`;
  const places = placesOf(mesh);
  const { vertices, uv, faces } = mesh;
  const at = (v: number): string => vertices[v]!.toFixed(places);
  // OBJ counts v from the bottom of the texture.
  const corner = (i: number): string => `${faces[i]! + 1}/${faces[i]! + 1}`;
  return [
    text.encode(`# ${about}\nmtllib terrain.mtl\no terrain\n`),
    ...lines(vertices.length / 3, (i) => `v ${at(3 * i)} ${at(3 * i + 1)} ${at(3 * i + 2)}\n`),
    ...lines(uv.length / 2, (i) => `vt ${uv[2 * i]!.toFixed(6)} ${(1 - uv[2 * i + 1]!).toFixed(6)}\n`),
    text.encode("usemtl terrain\ns 1\n"),
    ...lines(faces.length / 3, (i) => `f ${corner(3 * i)} ${corner(3 * i + 1)} ${corner(3 * i + 2)}\n`),
  ];
}

export const mtl = (): Uint8Array<ArrayBuffer> =>
  new TextEncoder().encode(
    "newmtl terrain\nKa 1.0 1.0 1.0\nKd 1.0 1.0 1.0\nKs 0.0 0.0 0.0\nd 1.0\nillum 1\nmap_Kd texture.png\n",
  );

/** Decimals of a position: hundredths, and more of a model so small that they would blur its grid. */
function placesOf({ vertices, columns, rows }: Mesh): number {
  let highest = 0;
  for (let i = 1; i < vertices.length; i += 3) highest = Math.max(highest, vertices[i]!);
  const across = Math.max(-2 * vertices[0]!, -2 * vertices[2]!) / Math.sqrt(columns * rows);
  const finest = highest > 0 ? Math.min(across, highest) : across;
  return Math.min(Math.max(2 - Math.floor(Math.log10(finest)), 2), MOST_PLACES);
}

function* lines(count: number, line: (i: number) => string): IterableIterator<Uint8Array<ArrayBuffer>> {
  const text = new TextEncoder();
  for (let start = 0; start < count; start += LINES_AT_ONCE) {
    let part = "";
    for (let i = start; i < Math.min(start + LINES_AT_ONCE, count); i++) part += line(i);
    yield text.encode(part);
  }
}
