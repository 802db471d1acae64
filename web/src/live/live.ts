/**
 * Keeps the terrain up with the painting: after a stroke the region around it at once, and all that the stroke reaches
 * when the brush rests. What is newer always wins.
 */
import type { MapDocument } from "../document/document";
import { clip, grow, type Rect, squareAt, union } from "../document/rect";
import { type Capabilities, type Choices, type Engine, EngineAway, Superseded } from "../engine/engine";
import { paletteOf } from "../view/colours";
import { middleOfLand } from "./seeds";
import { Stale } from "./stale";
import { TerrainStore } from "./terrain";

const REST = 250; // milliseconds without a stroke before the rest is made
const SHOW = 34; // milliseconds, two frames, in which a preview is drawn before processors are busy again
const CHOICE_REST = 120; // milliseconds that a slider of the style stands still
const RETRY = 2000; // milliseconds until a server that was away is asked again
const PREVIEW = 160; // pixels a side, at most, of what is shown first
const PREVIEW_MARGIN = 16; // pixels around a stroke that mostly change with it

export type LiveState =
  | { is: "ready" }
  | { is: "preview" }
  | { is: "working"; done: number; of: number }
  | { is: "away"; message: string }
  | { is: "failed"; message: string };

export class Live {
  terrain: TerrainStore;
  private stale: Stale;
  private fresh: Rect | null = null; // strokes since the last preview
  private focus: { x: number; y: number } | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | null = null;

  constructor(
    private readonly engine: Engine,
    private readonly model: Capabilities,
    private doc: MapDocument,
    private choices: Choices,
    private readonly onState: (state: LiveState) => void,
  ) {
    this.terrain = this.emptyTerrain();
    this.stale = this.allStale();
  }

  /** Another map. */
  open(doc: MapDocument, choices: Choices): TerrainStore {
    this.doc = doc;
    this.terrain = this.emptyTerrain();
    this.focus = null;
    this.choices = choices;
    this.choose(choices);
    return this.terrain;
  }

  /** Another seed, style or texture. */
  choose(choices: Choices): void {
    const slides = choices.style !== this.choices.style;
    this.choices = choices;
    this.stale = this.allStale();
    this.fresh = null;
    this.later(slides ? CHOICE_REST : 0, () => this.sample());
  }

  /** A stroke is being drawn: nothing old is worth finishing. */
  hold(): void {
    clearTimeout(this.timer);
    this.running?.abort();
  }

  /** The document has changed in `rect`; `focus` is where the brush was last. */
  edited(rect: Rect, focus: { x: number; y: number } | null): void {
    this.stale.edited(rect);
    this.fresh = union(this.fresh, rect);
    this.focus = focus;
    this.later(0, () => this.preview());
  }

  /** The stroke that was being drawn has changed nothing. */
  release(): void {
    if (!this.stale.empty) this.later(REST, () => this.full());
  }

  retry(): void {
    this.later(0, () => this.full());
  }

  private emptyTerrain(): TerrainStore {
    const { width, height, labels } = this.doc;
    return new TerrainStore(width, height, labels, paletteOf(this.model.classes));
  }

  private allStale(): Stale {
    const { max_window, halo, stride } = this.model;
    const stale = new Stale(this.doc, max_window, halo, stride);
    stale.edited(this.doc.bounds);
    return stale;
  }

  private later(milliseconds: number, work: () => Promise<void>): void {
    this.hold();
    this.onState({ is: "working", done: 0, of: 1 });
    this.timer = setTimeout(() => void work(), milliseconds);
  }

  private async preview(): Promise<void> {
    const window = this.previewWindow();
    this.fresh = null;
    const started = performance.now();
    if (this.terrain.complete && window) {
      this.onState({ is: "preview" });
      if (!(await this.make([window]))) return;
    }
    this.later(Math.max(SHOW, REST - (performance.now() - started)), () => this.full());
  }

  /**
   * All of the map has changed: a part of it first, where somebody has painted or in the middle of the land. It is exact,
   * as the whole map at half its size would not be: the model has other ideas on other pixels.
   */
  private async sample(): Promise<void> {
    const { width, height } = this.doc;
    if (this.terrain.complete && width * height > 4 * PREVIEW ** 2) {
      this.onState({ is: "preview" });
      const middle = this.focus ?? middleOfLand(this.doc);
      if (!(await this.make([squareAt(middle, PREVIEW, this.model.stride, this.doc)]))) return;
      this.later(SHOW, () => this.full());
    } else await this.full();
  }

  /** The region around the strokes, or around the brush if they went far; null if that is the whole map. */
  private previewWindow(): Rect | null {
    if (!this.fresh) return null;
    const { width, height } = this.doc;
    let region = clip(grow(this.fresh, PREVIEW_MARGIN), width, height);
    if (Math.max(region.width, region.height) > PREVIEW) {
      if (!this.focus) return null;
      region = squareAt(this.focus, PREVIEW, this.model.stride, this.doc);
    }
    return region.width * region.height === 0 || region.width * region.height >= width * height ? null : region;
  }

  private async full(): Promise<void> {
    const parts = this.stale.list(this.focus);
    this.onState({ is: "working", done: 0, of: parts.length });
    if (!(await this.make(parts))) return;
    this.terrain.complete = true;
    this.onState({ is: "ready" });
  }

  /** @returns whether all windows were made; if not, the state says why, or something newer is on its way. */
  private async make(windows: Rect[]): Promise<boolean> {
    const running = new AbortController();
    this.running = running;
    try {
      for (const [done, window] of windows.entries()) {
        const made = await this.engine.generate(this.doc, this.choices, window, "main", running.signal);
        running.signal.throwIfAborted();
        this.terrain.merge(made);
        this.stale.made(window);
        if (windows.length > 1) this.onState({ is: "working", done: done + 1, of: windows.length });
      }
      return true;
    } catch (error) {
      if (running.signal.aborted || error instanceof Superseded) return false;
      const message = error instanceof Error ? error.message : String(error);
      this.onState({ is: error instanceof EngineAway ? "away" : "failed", message });
      if (error instanceof EngineAway) this.timer = setTimeout(() => void this.full(), RETRY);
      return false;
    }
  }
}
