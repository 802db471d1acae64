/** The same place with other seeds, to choose between: made one after another when they are asked for. */
import { type Signal, signal } from "@preact/signals";
import { WATER } from "../document/document";
import { squareAt } from "../document/rect";
import {
  type Capabilities,
  type Choices,
  type Engine,
  type PaintedMap,
  Superseded,
  type TerrainWindow,
} from "../engine/engine";

const OTHERS = 4;
const SIDE = 192; // pixels of each picture

export interface Other {
  seed: number;
  picture: TerrainWindow | null;
}

export class Seeds {
  readonly others: Signal<Other[]> = signal([]);
  readonly working = signal(false);
  private running = new AbortController();

  constructor(
    private readonly engine: Engine,
    private readonly model: Capabilities,
    private readonly any: () => number,
  ) {}

  /** What was made is of something else now. */
  forget(): void {
    this.running.abort();
    this.working.value = false;
    this.others.value = [];
  }

  /** Makes four others of the middle of the land; windows are exact, so each is what its seed will give. */
  async roll(map: PaintedMap, choices: Choices): Promise<void> {
    this.running.abort();
    const running = new AbortController();
    this.running = running;
    this.others.value = Array.from({ length: OTHERS }, () => ({ seed: this.any(), picture: null }));
    this.working.value = true;
    const window = squareAt(middleOfLand(map), SIDE, this.model.stride, map);
    try {
      for (const [at, { seed }] of this.others.value.entries()) {
        const picture = await this.engine.generate(map, { ...choices, seed }, window, "others", running.signal);
        running.signal.throwIfAborted();
        this.others.value = this.others.value.map((other, index) => (index === at ? { seed, picture } : other));
      }
    } catch (error) {
      if (!running.signal.aborted && !(error instanceof Superseded)) throw error;
    } finally {
      if (this.running === running) this.working.value = false;
    }
  }
}

/** The middle of what is not water; of the map, if all is water. */
export function middleOfLand(map: PaintedMap): { x: number; y: number } {
  let [x, y, count] = [0, 0, 0];
  for (let at = 0; at < map.labels.length; at++) {
    if (map.labels[at] === WATER) continue;
    x += at % map.width;
    y += Math.floor(at / map.width);
    count++;
  }
  return count > 0 ? { x: x / count, y: y / count } : { x: map.width / 2, y: map.height / 2 };
}
