/** TIFF of one band of 32-bit floats, as projects keep rough heights. */
import { decode } from "tiff";

const [SHORT, LONG] = [3, 4] as const;

export function encodeTiff(values: Float32Array, columns: number): Uint8Array {
  const rows = values.length / columns;
  const bytes = 4 * values.length;
  // Tags in order: size, bits, no compression, black is 0, one strip of all rows, floats.
  const tags: [tag: number, type: number, value: number][] = [
    [256, LONG, columns],
    [257, LONG, rows],
    [258, SHORT, 32],
    [259, SHORT, 1],
    [262, SHORT, 1],
    [273, LONG, 8],
    [277, SHORT, 1],
    [278, LONG, rows],
    [279, LONG, bytes],
    [339, SHORT, 3],
  ];
  const view = new DataView(new ArrayBuffer(8 + bytes + 2 + 12 * tags.length + 4));
  view.setUint32(0, 0x49492a00); // "II", 42
  view.setUint32(4, 8 + bytes, true);
  values.forEach((value, i) => view.setFloat32(8 + 4 * i, value, true));
  let at = 8 + bytes;
  view.setUint16(at, tags.length, true);
  at += 2;
  for (const [tag, type, value] of tags) {
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, 1, true);
    view.setUint32(at + 8, value, true);
    at += 12;
  }
  return new Uint8Array(view.buffer);
}

/** @throws Error if it is something else, or damaged. */
export function decodeTiff(bytes: Uint8Array): { values: Float32Array; columns: number } {
  const [page] = decode(bytes);
  if (!page || !(page.data instanceof Float32Array) || page.components !== 1) {
    throw new Error("its rough heights are not a TIFF of floats");
  }
  return { values: page.data, columns: page.width };
}
