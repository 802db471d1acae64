import type { WebGLRenderer } from "three";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Resolution } from "../../src/scene/resolution";

let drawn: number[];
let busy: boolean;
let canvas: { dataset: Record<string, string> };

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("devicePixelRatio", 3);
  [drawn, busy, canvas] = [[], false, { dataset: {} }];
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function drawing(software: boolean): Resolution {
  let ratio = software ? 1 : 2;
  const renderer = {
    domElement: canvas,
    setPixelRatio: (value: number) => (ratio = value),
  } as unknown as WebGLRenderer;
  return new Resolution(
    renderer,
    software,
    () => drawn.push(ratio),
    () => busy,
  );
}

it("draws one smooth frame in software when nothing has changed for a while", () => {
  const resolution = drawing(true);
  resolution.changed();
  expect(resolution.pixels).toBe(1);
  vi.advanceTimersByTime(300);
  resolution.changed();
  vi.advanceTimersByTime(399);
  expect([drawn, canvas.dataset]).toEqual([[], { edges: "rough" }]);
  vi.advanceTimersByTime(10_000);
  expect([drawn, canvas.dataset]).toEqual([[1.5], { edges: "smooth" }]);
  resolution.changed();
  expect(resolution.pixels).toBe(1);
});

it("waits with it until the processor has no land to make", () => {
  const resolution = drawing(true);
  busy = true;
  resolution.changed();
  vi.advanceTimersByTime(5000);
  expect(drawn).toEqual([]);
  busy = false;
  vi.advanceTimersByTime(1000);
  expect(drawn).toEqual([1.5]);
});

it("leaves smooth edges to a graphics card", () => {
  const resolution = drawing(false);
  resolution.changed();
  vi.advanceTimersByTime(10_000);
  expect([resolution.pixels, drawn, canvas.dataset]).toEqual([2, [], {}]);
});
