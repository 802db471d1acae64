/** The state of the page, and everything that the user can do to the document. No part of it knows a widget. */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal, untracked } from "@preact/signals";
import { MapDocument, WATER } from "../document/document";
import { History } from "../document/history";
import type { Rect } from "../document/rect";
import type { Capabilities, Carving, Choices, Engine, PaintedMap } from "../engine/engine";
import { Carver } from "../live/carver";
import type { Land } from "../live/land";
import { Live, type LiveState } from "../live/live";
import type { TerrainStore } from "../live/terrain";
import type { Sculpting } from "../paint/sculpt";
import { type Brush, Stroke } from "../paint/stroke";
import type { Point } from "../paint/spans";
import type { Symmetry } from "../paint/symmetry";

export const TOOLS = ["brush", "line", "lasso", "fill", "smooth", "pick", "height", "pan"] as const;
export type Tool = (typeof TOOLS)[number];

export const MAX_BRUSH = 200; // pixels
const DETAIL = 4; // of the fine land, at first

export interface Notice {
  text: string;
  kind: "note" | "error";
  action?: { label: string; run: () => void };
}

export class Studio {
  readonly doc: Signal<MapDocument>;
  readonly name = signal("Untitled");
  readonly choices: Signal<Choices>;
  readonly terrain: Signal<TerrainStore>;
  readonly live = signal<LiveState>({ is: "working", done: 0, of: 1 });
  readonly notice = signal<Notice | null>(null);

  /** Metres that a pixel of the map is on the ground. */
  readonly gsd = computed(() => this.doc.value.gsd ?? this.model.gsd);

  readonly carver: Carver;
  /** How the land is carved when it is asked for. */
  readonly carving: Signal<Carving>;
  /** The same, as fine as a map of this size is shown. */
  readonly carvingHere: ReadonlySignal<Carving>;
  /** What is seen: the fine land while it is of this map, else the live one. */
  readonly land: ReadonlySignal<Land>;

  readonly tool = signal<Tool>("brush");
  readonly label = signal(1);
  readonly size = signal(24);
  readonly symmetry = signal<Symmetry>("none");
  readonly sculpting = signal<Sculpting>("raise");
  readonly level = signal(500); // metres
  /** How much of the terrain shows through the paint, 0 to 1. */
  readonly overlay = signal(0.35);

  /** Counts changes of the document, for who shows something of it. */
  readonly revision = signal(0);
  private readonly history = signal(new History());
  readonly canUndo = computed(() => this.revision.value >= 0 && this.history.value.canUndo);
  readonly canRedo = computed(() => this.revision.value >= 0 && this.history.value.canRedo);
  private readonly loop: Live;
  private readonly painters = new Set<(rect: Rect) => void>();

  constructor(
    readonly engine: Engine,
    readonly model: Capabilities,
    start: { map: PaintedMap; name: string; choices?: Choices; carving?: Carving },
  ) {
    const doc = MapDocument.of(start.map);
    this.doc = signal(doc);
    this.name.value = start.name;
    this.choices = signal(this.fitted(start.choices));
    this.loop = new Live(engine, model, doc, this.choices.value, (state) => (this.live.value = state));
    this.terrain = signal(this.loop.terrain);
    this.carver = new Carver(engine, model);
    this.carving = signal(this.fittedCarving(start.carving));
    this.carvingHere = computed(() => this.shownCarving(this.carving.value));
    this.land = computed(() => this.carver.land.value ?? this.terrain.value);
    effect(() => {
      void this.revision.value;
      const [now, choices] = [this.doc.value, this.choices.value];
      untracked(() => this.carver.follow(now, choices));
    });
    this.loop.retry();
  }

  /** Choices that this model can follow: work may have been kept from another one. */
  fitted(choices?: Partial<Choices>): Choices {
    const { style, style_limit, textures, default_texture } = this.model;
    const limited = (value = 0): number => Math.max(-style_limit, Math.min(style_limit, value));
    return {
      seed: choices?.seed ?? 1,
      style: Object.fromEntries(style.map((name) => [name, limited(choices?.style?.[name])])),
      texture: choices?.texture && textures.includes(choices.texture) ? choices.texture : default_texture,
    };
  }

  /** Ways to carve that this engine knows: settings may have been kept from another one. */
  fittedCarving(carving?: Partial<Carving>): Carving {
    const { details } = this.model;
    const wanted = carving?.detail ?? DETAIL;
    return { ...carving, detail: details.includes(wanted) ? wanted : (details.find((detail) => detail > 1) ?? 1) };
  }

  private shownCarving(carving: Carving): Carving {
    const shown = this.carver.detailsFor(this.doc.value);
    return shown.includes(carving.detail) ? carving : { ...carving, detail: shown.at(-1) ?? 1 };
  }

  /** Makes the land fine, as it is set or as `carving` says. */
  carve(carving = this.carvingHere.value): void {
    void this.carver.make(this.doc.value, this.choices.value, carving);
  }

  get brush(): Brush {
    return { label: this.label.value, size: this.size.value, symmetry: this.symmetry.value };
  }

  /** Another map. The one before can be had back with the notice that says so. */
  open(map: PaintedMap, name: string, choices?: Partial<Choices>, notes: string[] = []): void {
    const before = {
      map: this.doc.value,
      name: this.name.value,
      choices: this.choices.value,
      history: this.history.value,
    };
    this.show(MapDocument.of(map), name, this.fitted(choices), new History());
    this.notice.value = {
      text: [`Opened ${name}`, ...notes].map((note) => (note.endsWith(".") ? note : `${note}.`)).join(" "),
      kind: "note",
      action: { label: "Go back", run: () => this.show(before.map, before.name, before.choices, before.history) },
    };
  }

  private show(doc: MapDocument, name: string, choices: Choices, history: History): void {
    batch(() => {
      this.doc.value = doc;
      this.name.value = name;
      this.choices.value = choices;
      this.history.value = history;
      this.terrain.value = this.loop.open(doc, choices);
      this.notice.value = null;
      this.revision.value++;
    });
  }

  choose(change: Partial<Choices>): void {
    this.choices.value = { ...this.choices.value, ...change };
    this.loop.choose(this.choices.value);
  }

  /** Begins a stroke with the brush as it is set. */
  begin(label = this.label.value): Stroke {
    this.loop.hold();
    return new Stroke(this.doc.value, { ...this.brush, label });
  }

  /** What a stroke has done since the last call is to be seen. */
  painted(stroke: Stroke): void {
    const rect = stroke.takeChanged();
    if (rect) for (const painter of this.painters) painter(rect);
  }

  commit(stroke: Stroke, focus: Point | null): void {
    this.painted(stroke);
    const step = stroke.finish();
    if (!step) return this.loop.release();
    this.history.value.push(step);
    this.revision.value++;
    this.loop.edited(step.dirty, focus);
  }

  /** Takes a stroke back that was the beginning of something else. */
  cancel(stroke: Stroke): void {
    const step = stroke.finish();
    const undone = new History();
    if (step) undone.push(step);
    this.repaint(undone.undo(this.doc.value));
    this.loop.release();
  }

  undo(): void {
    this.moved(this.history.value.undo(this.doc.value));
  }

  redo(): void {
    this.moved(this.history.value.redo(this.doc.value));
  }

  clear(): void {
    const stroke = this.begin(WATER);
    stroke.clear();
    this.commit(stroke, null);
  }

  smoothAll(): void {
    const stroke = this.begin();
    stroke.smoothAll();
    this.commit(stroke, null);
  }

  forgetHeights(): void {
    const stroke = this.begin();
    stroke.forgetHeights();
    this.commit(stroke, null);
  }

  retry(): void {
    this.loop.retry();
  }

  /** Says what went wrong: an error, or words. */
  fail(error: unknown): void {
    this.notice.value = { text: error instanceof Error ? error.message : String(error), kind: "error" };
  }

  /** Calls `painter` with every rectangle of the document that has changed. */
  onPaint(painter: (rect: Rect) => void): () => void {
    this.painters.add(painter);
    return () => this.painters.delete(painter);
  }

  private moved(rect: Rect | null): void {
    if (!rect) return;
    this.repaint(rect);
    this.revision.value++;
    this.loop.edited(rect, { x: rect.x + rect.width / 2, y: rect.y + rect.height / 2 });
  }

  private repaint(rect: Rect | null): void {
    if (rect) for (const painter of this.painters) painter(rect);
  }
}
