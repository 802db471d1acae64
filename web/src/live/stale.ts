/** Which parts of the terrain no longer belong to what is painted: at most one rectangle in each of a grid of windows. */
import { clip, grow, isEmpty, type Rect, snap, union } from "../document/rect";

export class Stale {
  private readonly parts = new Map<number, Rect>();
  private readonly across: number;

  /**
   * @param side - of a window, pixels: the largest that the engine makes at once.
   * @param halo - pixels around an edit that it changes.
   * @param stride - pixels that windows are cut at.
   */
  constructor(
    private readonly map: { width: number; height: number },
    private readonly side: number,
    private readonly halo: number,
    private readonly stride: number,
  ) {
    this.across = Math.ceil(map.width / side);
  }

  get empty(): boolean {
    return this.parts.size === 0;
  }

  edited(rect: Rect): void {
    const { side, map } = this;
    const reached = clip(snap(grow(rect, this.halo), this.stride), map.width, map.height);
    if (isEmpty(reached)) return;
    for (let row = Math.floor(reached.y / side); row * side < reached.y + reached.height; row++) {
      for (let column = Math.floor(reached.x / side); column * side < reached.x + reached.width; column++) {
        const cell = { x: column * side, y: row * side, width: side, height: side };
        const key = row * this.across + column;
        this.parts.set(key, union(this.parts.get(key) ?? null, intersection(reached, cell)));
      }
    }
  }

  /** Forgets a part that has been made, if nothing was added to it since. */
  made(part: Rect): void {
    for (const [key, rect] of this.parts) if (rect === part) this.parts.delete(key);
  }

  /** The parts, the one that `focus` lies in first. */
  list(focus: { x: number; y: number } | null): Rect[] {
    const far = (rect: Rect): number =>
      focus ? Math.hypot(rect.x + rect.width / 2 - focus.x, rect.y + rect.height / 2 - focus.y) : 0;
    return [...this.parts.values()].sort((a, b) => far(a) - far(b));
  }
}

function intersection(a: Rect, b: Rect): Rect {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  return {
    x,
    y,
    width: Math.min(a.x + a.width, b.x + b.width) - x,
    height: Math.min(a.y + a.height, b.y + b.height) - y,
  };
}
