/**
 * The model in the browser: a window of a map to its terrain, the same as `spade_terrain.generation` makes of it, to
 * rounding. The coarse stage runs once for a block, with the halo of the whole network; the fine stage on windows of it.
 */
import type { InferenceSession, Tensor, TypedTensor } from "onnxruntime-common";
import { clip, crop, grow, isEmpty, snap } from "../../document/rect";
import type { Choices, Rect, TerrainWindow } from "../engine";
import { type Card, coloursOf } from "./card";
import { emptyPixels, keepTopology, landShare, type Pixels, REACH, rint, SHARE_RADIUS, shores } from "./coast";
import { heightGuide, metresAt, type RoughHeights } from "./guide";
import { KeptLand } from "./keptLand";
import { asSeed, noise } from "./noise";

const BLOCK = 1024; // pixels a side of what the coarse stage makes at once
export const WHOLE = 768 * 768; // pixels of maps whose features are made at once, and kept for the window that is next
const WINDOW = { width: 544, height: 256 }; // of what the fine stage makes at once: between two, newer requests can come
const STYLE_STRIDE = 2 ** 31; // that no noise of the ground has
const STYLE_LIMIT = 3;
const ELEVATION = "elevation"; // the number of the style that a guide stands in for
const ROUGHNESS = 2 / 3; // over a distance d heights differ by d to the power of it

/** What is known of a map. */
export interface MapPart {
  labels: Uint8Array;
  /** Where `labels` lie in the map. */
  extent: Rect;
  map: { width: number; height: number };
  heights: RoughHeights | null;
  /** Metres a pixel; the model's if it is not said. */
  gsd: number | null;
}

type Feeds = Record<string, Tensor>;

/** All that decides what a stage makes of a window, but for the coarse stage's features. */
interface Order {
  labels: Uint8Array;
  seed: bigint;
  seen: Rect;
  choices: Choices;
  heights: RoughHeights | null;
  scale: number;
}

/** What decides the land but for the map. */
const words = ({ seed, seen, choices, scale }: Order): string =>
  JSON.stringify([String(seed), seen.x, seen.y, seen.width, seen.height, choices.style, scale]);

function same(a: Order, b: Order): boolean {
  // Rough heights are copied with each request; those of the next one are taken for others.
  const noHeights = a.heights === null && b.heights === null;
  return noHeights && words(a) === words(b) && a.labels.every((label, i) => label === b.labels[i]);
}

/** Makes a tensor: onnxruntime-web's class, whichever of its builds is loaded. */
export type MakeTensor = (data: Float32Array, shape: number[]) => Tensor;

export class Generator {
  private kept: { order: Order; features: TypedTensor<"float32"> } | null = null;
  private knownSea: { texture: string; pixel: Pixels | null } | null = null;
  private keptLand: { of: string; land: KeptLand } | null = null;

  /** @param step - sides of the fine stage's windows are multiples of it, map pixels. */
  constructor(
    readonly card: Card,
    private readonly step: number,
    private readonly coarse: InferenceSession,
    private readonly fine: InferenceSession,
    private readonly tensor: MakeTensor,
  ) {}

  /** Lets go of what was kept for the next window. */
  forget(): void {
    this.kept = null;
    this.keptLand = null;
  }

  /** Numbers of the style that a seed draws, where none are fixed. */
  style(choices: Choices, guided: boolean): number[] {
    const { style } = this.card;
    const drawn = noise(asSeed(choices.seed), STYLE_STRIDE, style.length, { x: 0, y: 0, width: 1, height: 1 });
    return style.map((name, i) => {
      const usual = guided && name === ELEVATION ? 0 : Math.min(Math.max(drawn[i]!, -STYLE_LIMIT), STYLE_LIMIT);
      return choices.style[name] ?? usual;
    });
  }

  /**
   * @param pause - is called between windows, and throws if nobody waits for the terrain any more.
   * @param keep - the map is painted on: land of a small one is kept, and what the next stroke hardly changes stays.
   */
  async window(
    part: MapPart,
    choices: Choices,
    window: Rect,
    pause: () => Promise<void>,
    keep: boolean,
  ): Promise<TerrainWindow> {
    const scale = Math.min((part.gsd ?? this.card.gsd) / this.card.gsd, 1) ** ROUGHNESS;
    const made = emptyPixels(window.width * window.height);
    for (const tile of tiles(window, { width: BLOCK, height: BLOCK })) {
      await this.block(part, choices, tile, scale, pause, keep, made, window);
    }
    if (scale !== 1) made.height.forEach((metres, i) => (made.height[i] = metres * scale));
    return { ...window, texture: made.texture, heights: made.height, shaded: made.shaded };
  }

  /** Writes the terrain of a block of the map to that of a window. */
  private async block(
    part: MapPart,
    choices: Choices,
    block: Rect,
    scale: number,
    pause: () => Promise<void>,
    keep: boolean,
    target: Pixels,
    window: Rect,
  ): Promise<void> {
    const { card, step } = this;
    const { width, height } = snap({ x: 0, y: 0, ...part.map }, card.stride);
    const seed = asSeed(choices.seed);
    const around = clip(snap(grow(block, REACH), step), width, height);
    const seen = this.seen(part, around);
    const labels = labelsAt(part, seen);
    const order = { labels, seed, seen, choices, heights: part.heights, scale };
    const features = await this.features(order);
    const kept = keep && this.seesAll(part);
    const land = kept ? this.landOf(order, features.data) : this.newLand(around);
    const dry = shores(labels, seen.width, card.cut.stride);
    const sea = dry.includes(0) ? await this.sea(choices) : null;
    if (sea) land.flood(sea, dry, seen);
    for (const tile of tiles(land.staleIn(around), WINDOW)) {
      await pause();
      const inner = land.staleIn(tile);
      if (isEmpty(inner)) continue;
      const outer = clip(snap(grow(inner, card.cut.halo), step), width, height);
      const own = { ...order, labels: crop(labels, seen.width, from(outer, seen)), seen: outer };
      const fine = await this.runFine(own, this.part(features, from(outer, seen)));
      copy(fine, outer, land.pixels, land.window, inner);
      land.made(inner);
    }
    const made = kept ? emptyPixels(around.width * around.height) : land.pixels;
    if (kept) copy(land.pixels, land.window, made, around, around); // the next stroke takes it without its coasts
    const place = from(around, seen);
    keepTopology(
      made,
      crop(labels, seen.width, place),
      crop(landShare(labels, seen.width), seen.width, place),
      around,
      seed,
      card.gsd,
      coloursOf(card, choices.texture),
    );
    copy(made, around, target, window, block);
  }

  /** A pixel of the sea; null if the model makes it no more even than land. */
  private async sea(choices: Choices): Promise<Pixels | null> {
    const { texture } = choices;
    if (this.knownSea?.texture !== texture) {
      const side = Math.max(this.card.stride, this.step);
      const seen = { x: 0, y: 0, width: side, height: side };
      const order = { labels: new Uint8Array(side * side), seed: 0n, seen, choices, heights: null, scale: 1 };
      const made = await this.runFine(order, await this.runCoarse(order));
      const even =
        made.height.every((value) => value === made.height[0]) &&
        [made.texture, made.shaded].every((plane) => plane.every((value, i) => value === plane[i % 3]));
      this.knownSea = { texture, pixel: even ? made : null };
    }
    return this.knownSea!.pixel;
  }

  /** What the coarse stage sees for the terrain of a window: all of a small map, so that it need not be made again. */
  private seen(part: MapPart, around: Rect): Rect {
    const { card } = this;
    const whole = snap({ x: 0, y: 0, ...part.map }, card.stride);
    if (this.seesAll(part)) return whole;
    return clip(snap(grow(around, Math.max(card.halo, SHARE_RADIUS)), card.stride), whole.width, whole.height);
  }

  private seesAll({ extent, map }: MapPart): boolean {
    return extent.width === map.width && extent.height === map.height && map.width * map.height <= WHOLE;
  }

  private newLand(window: Rect): KeptLand {
    const { stride, halo } = this.card.cut;
    return new KeptLand(window, stride, halo);
  }

  /** The land that is kept of a map, with what has changed of it marked. */
  private landOf(order: Order, features: Float32Array): KeptLand {
    const of = words(order) + order.choices.texture;
    if (this.keptLand?.of !== of) this.keptLand = { of, land: this.newLand(order.seen) };
    this.keptLand.land.take(order.labels, features);
    return this.keptLand.land;
  }

  /** What the coarse stage makes. A preview often sees as much of the map as the whole that follows it: once is enough. */
  private async features(order: Order): Promise<TypedTensor<"float32">> {
    if (!this.kept || !same(this.kept.order, order)) {
      this.kept = null;
      this.kept = { order, features: await this.runCoarse(order) };
    }
    return this.kept.features;
  }

  private async runCoarse(order: Order): Promise<TypedTensor<"float32">> {
    const { features } = this.card.cut;
    const made = await this.coarse.run(this.feeds(this.coarse, order), [features]);
    return made[features] as TypedTensor<"float32">;
  }

  private async runFine(order: Order, features: Tensor): Promise<Pixels> {
    const feeds = { ...this.feeds(this.fine, order), [this.card.cut.features]: features };
    const outputs = await this.fine.run(feeds, ["texture", "height", "shaded"]);
    return this.decode(outputs, order.seen, order.choices.texture);
  }

  /** What a stage takes for a window, by name. */
  private feeds(stage: InferenceSession, { labels, seed, seen, choices, heights, scale }: Order): Feeds {
    const { card } = this;
    const { width, height } = seen;
    const taken = new Set(stage.inputNames);
    const feeds: Feeds = {};
    const add = (name: string, data: () => Float32Array, shape: number[]): void => {
      if (taken.has(name)) feeds[name] = this.tensor(data(), [1, ...shape]);
    };
    add("labels", () => oneHot(labels, card.classes.length), [card.classes.length, height, width]);
    for (const { name, stride, channels } of card.noise) {
      const place = { x: seen.x / stride, y: seen.y / stride, width: width / stride, height: height / stride };
      add(name, () => noise(seed, stride, channels, place), [channels, place.height, place.width]);
    }
    add("style", () => Float32Array.from(this.style(choices, heights !== null)), [card.style.length, 1, 1]);
    const metres = (): Float32Array | null => heights && metresAt(heights, seen).map((value) => value / scale);
    const cells = [2, height / card.stride, width / card.stride];
    add("height_guide", () => heightGuide(metres(), labels, width, card), cells);
    return feeds;
  }

  /** Features of a part of the window that they were made for. */
  private part(features: TypedTensor<"float32">, place: Rect): Tensor {
    const { stride } = this.card.cut;
    const [, channels, rows, columns] = features.dims as [number, number, number, number];
    const small = {
      x: place.x / stride,
      y: place.y / stride,
      width: place.width / stride,
      height: place.height / stride,
    };
    const out = new Float32Array(channels * small.width * small.height);
    for (let channel = 0; channel < channels; channel++) {
      const plane = features.data.subarray(channel * rows * columns, (channel + 1) * rows * columns);
      out.set(crop(plane, columns, small), channel * small.width * small.height);
    }
    return this.tensor(out, [1, channels, small.height, small.width]);
  }

  private decode(outputs: Record<string, Tensor>, { width, height }: Rect, texture: string): Pixels {
    const { card } = this;
    const count = width * height;
    const values = (name: string): Float32Array => outputs[name]!.data as Float32Array;
    const first = 3 * count * Math.max(card.textures.indexOf(texture), 0);
    const pictured = (planes: Float32Array): Uint8Array => {
      const rgb = new Uint8Array(3 * count);
      for (let c = 0; c < 3; c++) {
        for (let i = 0; i < count; i++) {
          rgb[3 * i + c] = Math.min(Math.max(rint((planes[first + c * count + i]! + 1) * 127.5), 0), 255);
        }
      }
      return rgb;
    };
    const metres = values("height").map((code) => ((Math.max(code, -1) + 1) / 2) ** 2 * card.height_code.max_m);
    return { height: metres, texture: pictured(values("texture")), shaded: pictured(values("shaded")) };
  }
}

/** `rect` as it lies in `within`. */
const from = (rect: Rect, within: Rect): Rect => ({ ...rect, x: rect.x - within.x, y: rect.y - within.y });

/** `rect` in pieces of `side`, row by row; the last ones end where it ends. */
function* tiles(rect: Rect, side: { width: number; height: number }): IterableIterator<Rect> {
  for (let y = rect.y; y < rect.y + rect.height; y += side.height) {
    for (let x = rect.x; x < rect.x + rect.width; x += side.width) {
      yield {
        x,
        y,
        width: Math.min(side.width, rect.x + rect.width - x),
        height: Math.min(side.height, rect.y + rect.height - y),
      };
    }
  }
}

/** Copies the part `rect` from one window's pixels to another's. */
function copy(source: Pixels, at: Rect, target: Pixels, to: Rect, rect: Rect): void {
  for (let y = rect.y; y < rect.y + rect.height; y++) {
    const read = (y - at.y) * at.width + rect.x - at.x;
    const write = (y - to.y) * to.width + rect.x - to.x;
    target.height.set(source.height.subarray(read, read + rect.width), write);
    for (const plane of ["texture", "shaded"] as const) {
      target[plane].set(source[plane].subarray(3 * read, 3 * (read + rect.width)), 3 * write);
    }
  }
}

/** Labels of a window of the map; what is past the map's ends is as at them. */
function labelsAt({ labels, extent, map }: MapPart, window: Rect): Uint8Array {
  const out = new Uint8Array(window.width * window.height);
  for (let y = 0; y < window.height; y++) {
    const row = (Math.min(window.y + y, map.height - 1) - extent.y) * extent.width - extent.x;
    for (let x = 0; x < window.width; x++) {
      out[y * window.width + x] = labels[row + Math.min(window.x + x, map.width - 1)]!;
    }
  }
  return out;
}

function oneHot(labels: Uint8Array, classes: number): Float32Array {
  const out = new Float32Array(classes * labels.length);
  for (let i = 0; i < labels.length; i++) out[labels[i]! * labels.length + i] = 1;
  return out;
}
