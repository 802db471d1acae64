import { expect, it } from "vitest";
import { ContainerError, decode, encode, take } from "../../src/engine/container";

const sample = () => ({
  header: { seed: 7, name: "Å" },
  arrays: {
    labels: { shape: [1, 3], data: Uint8Array.of(1, 2, 3) },
    heights: { shape: [1, 2], data: Float32Array.of(-1.5, NaN) },
    codes: { shape: [1], data: Uint16Array.of(65535) },
  },
});

it("gives back what was put in", () => {
  const back = decode(encode(sample()).buffer);
  expect(back).toEqual(sample());
});

it("lies in the file as the contract says", () => {
  const bytes = encode({ header: {}, arrays: { a: { shape: [3], data: Uint8Array.of(9, 8, 7) } } });
  expect([...bytes.subarray(0, 8)]).toEqual([0x53, 0x50, 0x41, 0x44, 0x45, 0, 1, 0]);
  const length = new DataView(bytes.buffer).getUint32(8, true);
  expect(length % 4).toBe(0);
  const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(12, 12 + length)));
  expect(header).toEqual({ arrays: [{ name: "a", dtype: "uint8", shape: [3] }] });
  expect([...bytes.subarray(12 + length)]).toEqual([9, 8, 7, 0]);
});

it("takes nothing that is cut off or of another kind", () => {
  const whole = encode(sample());
  for (const end of [0, 11, 40, whole.length - 4]) {
    expect(() => decode(whole.slice(0, end).buffer)).toThrow(ContainerError);
  }
  whole[6] = 2;
  expect(() => decode(whole.buffer)).toThrow("format 1");
});

it("hands out arrays of the type that was asked for", () => {
  expect(take(sample(), "labels", Uint8Array)).toHaveLength(3);
  expect(() => take(sample(), "labels", Float32Array)).toThrow(ContainerError);
  expect(() => take(sample(), "none", Uint8Array)).toThrow("none");
});
