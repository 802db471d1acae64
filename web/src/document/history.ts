/** Undo and redo: the tiles that a step changed, as they were before it. */
import type { MapDocument } from "./document";
import { clip, type Rect, union } from "./rect";
import { pack, unpack } from "./rle";

const TILE = 64; // pixels a side
export const STEPS = 100;

interface LabelTile {
  rect: Rect;
  packed: Uint8Array;
}

/** One thing that the user did. It holds the state on its other side, and swaps it with the document's. */
export interface Step {
  tiles: LabelTile[];
  guide: { before: Float32Array | null } | null;
  /** Pixels that the step changed lie in here. */
  dirty: Rect;
}

function readTile(doc: MapDocument, rect: Rect, into: Uint8Array): Uint8Array {
  for (let row = 0; row < rect.height; row++) {
    const from = (rect.y + row) * doc.width + rect.x;
    into.set(doc.labels.subarray(from, from + rect.width), row * rect.width);
  }
  return into;
}

function isSame({ labels, width }: MapDocument, rect: Rect, before: Uint8Array): boolean {
  let at = 0;
  for (let row = 0; row < rect.height; row++) {
    const from = (rect.y + row) * width + rect.x;
    for (let pixel = from; pixel < from + rect.width; pixel++) if (labels[pixel] !== before[at++]) return false;
  }
  return true;
}

/** Watches the document while something is painted: `touch` before each change, then `finish`. */
export class Recorder {
  private readonly before = new Map<number, Uint8Array>();
  private guideBefore: Float32Array | null | undefined;
  private guideDirty: Rect | null = null;

  constructor(private readonly doc: MapDocument) {}

  /** Labels in `rect` are about to change. */
  touch(rect: Rect): void {
    const { width, height } = this.doc;
    const inside = clip(rect, width, height);
    if (inside.width === 0 || inside.height === 0) return;
    const across = Math.ceil(width / TILE);
    for (let row = Math.floor(inside.y / TILE); row * TILE < inside.y + inside.height; row++) {
      for (let column = Math.floor(inside.x / TILE); column * TILE < inside.x + inside.width; column++) {
        const key = row * across + column;
        if (this.before.has(key)) continue;
        const tile = this.tile(key);
        this.before.set(key, readTile(this.doc, tile, new Uint8Array(tile.width * tile.height)));
      }
    }
  }

  /** Guide cells under the pixels of `rect` are about to change. */
  touchGuide(rect: Rect): void {
    const inside = clip(rect, this.doc.width, this.doc.height);
    if (inside.width === 0 || inside.height === 0) return;
    this.guideDirty = union(this.guideDirty, inside);
    if (this.guideBefore === undefined) this.guideBefore = this.doc.guide?.slice() ?? null;
  }

  /** The step, or null if nothing is different from before. */
  finish(): Step | null {
    const tiles: LabelTile[] = [];
    let dirty = this.guideDirty;
    for (const [key, before] of this.before) {
      const rect = this.tile(key);
      if (isSame(this.doc, rect, before)) continue;
      tiles.push({ rect, packed: pack(before) });
      dirty = union(dirty, rect);
    }
    const guide = this.guideBefore === undefined ? null : { before: this.guideBefore };
    return dirty && { tiles, guide, dirty };
  }

  private tile(key: number): Rect {
    const across = Math.ceil(this.doc.width / TILE);
    const corner = { x: (key % across) * TILE, y: Math.floor(key / across) * TILE, width: TILE, height: TILE };
    return clip(corner, this.doc.width, this.doc.height);
  }
}

/** Exchanges what the step holds with what the document holds. */
function swap(doc: MapDocument, step: Step): void {
  for (const tile of step.tiles) {
    const size = tile.rect.width * tile.rect.height;
    const stored = unpack(tile.packed, size);
    tile.packed = pack(readTile(doc, tile.rect, new Uint8Array(size)));
    for (let row = 0; row < tile.rect.height; row++) {
      const line = stored.subarray(row * tile.rect.width, (row + 1) * tile.rect.width);
      doc.labels.set(line, (tile.rect.y + row) * doc.width + tile.rect.x);
    }
  }
  if (step.guide) {
    const now = doc.guide;
    doc.guide = step.guide.before;
    step.guide.before = now;
  }
}

export class History {
  private readonly past: Step[] = [];
  private future: Step[] = [];

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  push(step: Step): void {
    this.past.push(step);
    if (this.past.length > STEPS) this.past.shift();
    this.future = [];
  }

  /** @returns where the document has changed; null if there is nothing to undo. */
  undo(doc: MapDocument): Rect | null {
    return this.move(doc, this.past, this.future);
  }

  redo(doc: MapDocument): Rect | null {
    return this.move(doc, this.future, this.past);
  }

  private move(doc: MapDocument, from: Step[], to: Step[]): Rect | null {
    const step = from.pop();
    if (!step) return null;
    swap(doc, step);
    to.push(step);
    return step.dirty;
  }
}
