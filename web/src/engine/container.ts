/**
 * The binary container that arrays travel in, little-endian: 8 bytes of magic, the length of the header (uint32), the
 * header as JSON padded with spaces, then the arrays that it lists, each padded to a multiple of 4 bytes.
 */

const MAGIC = [0x53, 0x50, 0x41, 0x44, 0x45, 0x00, 0x01, 0x00]; // "SPADE", format 1

export type ArrayData = Uint8Array | Uint16Array | Float32Array;

interface Entry {
  name: string;
  dtype: "uint8" | "uint16" | "float32";
  shape: number[];
}

export interface NamedArray {
  shape: number[];
  data: ArrayData;
}

export interface Container {
  header: Record<string, unknown>;
  arrays: Record<string, NamedArray>;
}

export class ContainerError extends Error {
  override name = "ContainerError";
}

const padded = (length: number): number => (length + 3) & ~3;

function dtypeOf(data: ArrayData): Entry["dtype"] {
  if (data instanceof Uint8Array) return "uint8";
  return data instanceof Uint16Array ? "uint16" : "float32";
}

const typed = {
  uint8: (buffer: ArrayBuffer) => new Uint8Array(buffer),
  uint16: (buffer: ArrayBuffer) => new Uint16Array(buffer),
  float32: (buffer: ArrayBuffer) => new Float32Array(buffer),
};
const SIZES = { uint8: 1, uint16: 2, float32: 4 };

export function encode({ header, arrays }: Container): Uint8Array<ArrayBuffer> {
  const listed = Object.entries(arrays).map(([name, { shape, data }]) => ({ name, dtype: dtypeOf(data), shape }));
  const json = new TextEncoder().encode(JSON.stringify({ ...header, arrays: listed }));
  const start = 12 + padded(json.length);
  const all = Object.values(arrays).map(({ data }) => data);
  const out = new Uint8Array(all.reduce((sum, data) => sum + padded(data.byteLength), start));
  out.set(MAGIC);
  new DataView(out.buffer).setUint32(8, padded(json.length), true);
  out.set(json, 12);
  out.fill(0x20, 12 + json.length, start);
  let at = start;
  for (const data of all) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += padded(data.byteLength);
  }
  return out;
}

/** @throws ContainerError if the bytes are not a whole container. */
export function decode(bytes: ArrayBuffer): Container {
  const all = new Uint8Array(bytes);
  if (all.length < 12 || MAGIC.some((byte, at) => all[at] !== byte)) {
    throw new ContainerError("the answer is not a container of format 1");
  }
  const length = new DataView(bytes).getUint32(8, true);
  if (12 + length > all.length) throw new ContainerError("the container's header is cut off");
  const { arrays: entries, ...header } = JSON.parse(new TextDecoder().decode(all.subarray(12, 12 + length))) as Record<
    string,
    unknown
  > & { arrays: Entry[] };
  const arrays: Record<string, NamedArray> = {};
  let at = 12 + length;
  for (const { name, dtype, shape } of entries) {
    const size = shape.reduce((product, side) => product * side, SIZES[dtype]);
    if (at + size > all.length) throw new ContainerError(`the container's array "${name}" is cut off`);
    arrays[name] = { shape, data: typed[dtype](bytes.slice(at, at + size)) };
    at += padded(size);
  }
  return { header, arrays };
}

/** The array of that name and type. */
export function take<T extends ArrayData>(
  container: Container,
  name: string,
  type: abstract new (...args: never[]) => T,
): T {
  const data = container.arrays[name]?.data;
  if (!(data instanceof type)) throw new ContainerError(`the container has no array "${name}" of the right type`);
  return data;
}
