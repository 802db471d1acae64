/** An engine whose answers the test gives, and strokes that need no canvas. */
import type {
  CarvedTerrain,
  Carving,
  Choices,
  Engine,
  PaintedMap,
  Progress,
  Rect,
  TerrainWindow,
} from "../src/engine/engine";
import { MODEL } from "./mock/server";

export interface Request {
  window: Rect;
  choices: Choices;
  lane: string;
  signal: AbortSignal;
  /** Answers with land of that height. */
  answer: (metres: number) => Promise<void>;
  fail: (error: Error) => Promise<void>;
}

export function flat(window: Rect, metres: number): TerrainWindow {
  const pixels = window.width * window.height;
  return {
    ...window,
    texture: new Uint8Array(pixels * 3).fill(9),
    shaded: new Uint8Array(pixels * 3).fill(7),
    heights: new Float32Array(pixels).fill(metres),
  };
}

export interface CarveRequest {
  carving: Carving;
  choices: Choices;
  signal: AbortSignal;
  report: (progress: Progress) => void;
  answer: (change?: Partial<CarvedTerrain>) => Promise<void>;
  fail: (error: Error) => Promise<void>;
}

/** Carved land, dry and 9 m high. */
export function carved(map: PaintedMap, detail: number): CarvedTerrain {
  const [width, height] = [map.width * detail, map.height * detail];
  const pixels = width * height;
  return {
    width,
    height,
    detail,
    texture: new Uint8Array(pixels * 3).fill(9),
    shaded: new Uint8Array(pixels * 3).fill(7),
    heights: new Float32Array(pixels).fill(9),
    labels: new Uint8Array(pixels),
    water: new Uint8Array(pixels),
    rivers: new Uint8Array(pixels),
    reaches: [],
  };
}

/** Lets all that waits for promises go on. */
export const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

export class FakeEngine {
  readonly requests: Request[] = [];
  readonly carvings: CarveRequest[] = [];

  carve(
    map: PaintedMap,
    choices: Choices,
    carving: Carving,
    report: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<CarvedTerrain> {
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
      const settled = (end: () => void) => (): Promise<void> => {
        end();
        return settle();
      };
      this.carvings.push({
        carving,
        choices,
        signal,
        report,
        answer: (change = {}) => settled(() => resolve({ ...carved(map, carving.detail), ...change }))(),
        fail: (error) => settled(() => reject(error))(),
      });
    });
  }

  generate(
    _map: PaintedMap,
    choices: Choices,
    window: Rect,
    lane: string,
    signal: AbortSignal,
  ): Promise<TerrainWindow> {
    return new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason as Error));
      this.requests.push({
        window,
        choices,
        lane,
        signal,
        answer: (metres) => {
          resolve(flat(window, metres));
          return settle();
        },
        fail: (error) => {
          reject(error);
          return settle();
        },
      });
    });
  }

  get last(): Request {
    return this.requests.at(-1)!;
  }

  /** For who takes a whole engine. */
  get engine(): Engine {
    return this as unknown as Engine;
  }
}

export const model = (change: Partial<typeof MODEL> = {}) => ({ ...MODEL, ...change });
