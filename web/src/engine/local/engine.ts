/** The engine in the page itself: a worker that runs the model, for a site without a server. */
import { clip, crop, grow, snap } from "../../document/rect";
import {
  type Capabilities,
  type CarvedTerrain,
  type Choices,
  type Engine,
  EngineError,
  type ExportOrder,
  type Progress,
  GUIDE_CELL,
  type Imported,
  type OpenedProject,
  type PaintedMap,
  type Rect,
  type TerrainWindow,
} from "../engine";
import { decode, take } from "../container";
import { partOfPage } from "../parts";
import { labelsOf, packProject, unpackProject } from "./files/project";
import type { RoughHeights } from "./guide";
import { type MapPart, WHOLE } from "./generator";
import { decodePicture } from "./pictures/decoding";
import { readPicture } from "./pictures/reading";
import { fetchFiles } from "./fetching";
import type { ModelFiles, SiteFile } from "./protocol";
import { Runners, type Told } from "./runners";
import type { SelfCheck } from "./selfCheck";

const LARGEST_FILE = 100e6;
const PROJECT = ".spadeproj";

/** What `spade-terrain studio --static` wrote beside the page. */
export interface Site {
  capabilities: Capabilities;
  model: ModelFiles;
  /** The terrain of the first template with some choices, to be shown before the model is there. */
  example: { choices: Choices; file: SiteFile };
  check: SelfCheck;
  /** Files that are not asked for before something is done that takes them. */
  later: string[];
}

export class LocalEngine implements Engine {
  private readonly runners: Runners;

  /** @param base - the address that the site's files are relative to. */
  constructor(
    private readonly site: Site,
    private readonly base: string,
    told: Told,
  ) {
    this.runners = new Runners(base, site.model, site.check, site.example.choices, told);
  }

  capabilities(): Promise<Capabilities> {
    return Promise.resolve(this.site.capabilities);
  }

  async generate(map: PaintedMap, choices: Choices, window: Rect, lane: string, signal: AbortSignal) {
    signal.throwIfAborted();
    const shown = this.runners.idle ? await this.example(map, choices, window) : null;
    if (shown) {
      void this.runners.current().catch(() => undefined); // the next one to ask is told
      return shown;
    }
    const part = partOf(map, this.extent(map, window));
    const runner = await this.runners.current();
    signal.throwIfAborted();
    try {
      return await runner.make(part, choices, window, lane, signal);
    } catch (error) {
      if (!(error instanceof EngineError && this.runners.failed(runner))) throw error;
      return (await this.runners.current()).make(part, choices, window, lane, signal);
    }
  }

  /** Water's work takes the program; the page offers none of it (`Capabilities.details`). */
  carve(): Promise<CarvedTerrain> {
    return Promise.reject(new EngineError(this.site.capabilities.details_lacking!));
  }

  async template(name: string): Promise<PaintedMap> {
    const address = new URL(`templates/${encodeURIComponent(name)}.png`, this.base);
    const answer = await fetch(address).catch(() => null);
    if (!answer?.ok) {
      const why = answer ? `the host answered ${answer.status}` : "there is no connection";
      throw new EngineError(`The example ${name} can't be loaded (${why}). Try again later.`);
    }
    return { ...labelsOf(new Uint8Array(await answer.arrayBuffer()), this.site.model.card), guide: null };
  }

  async importMap(file: File): Promise<Imported> {
    checkSize(file);
    const picture = await decodePicture(file, this.site.capabilities.max_size);
    const { width, height } = picture; // its pixels go to a worker
    const colours = this.site.model.card.classes.map(({ rgb }) => rgb);
    const { labels, notes } = await readPicture(picture, colours);
    return { width, height, labels, guide: null, name: file.name, notes };
  }

  async exportZip(
    map: PaintedMap,
    choices: Choices,
    order: ExportOrder,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<Blob> {
    const { exportFiles } = await partOfPage("What writes the files", import("./files/files"));
    const of = order.formats.length + 2;
    onProgress({ done: 0, of, doing: "land", secondsLeft: null });
    const whole = { x: 0, y: 0, width: map.width, height: map.height };
    const terrain = await this.generate(map, choices, whole, "export", signal);
    const { model, capabilities } = this.site;
    const source = {
      card: model.card,
      gsd: map.gsd ?? model.card.gsd,
      version: capabilities.version,
      choices,
      style: choices.style,
      labels: map.labels,
      terrain,
    };
    const bytes = await exportFiles(source, order, async ({ done, doing }) => {
      onProgress({ done: done + 1, of, doing, secondsLeft: null });
      await new Promise((resolve) => setTimeout(resolve)); // the page shows it, and may cancel
      signal.throwIfAborted();
    });
    return new Blob([bytes as BlobPart], { type: "application/zip" });
  }

  saveProject(map: PaintedMap, choices: Choices, settings: Record<string, unknown>): Promise<Blob> {
    const bytes = packProject(map, choices, settings, this.site.model.card);
    return Promise.resolve(new Blob([bytes as BlobPart], { type: "application/zip" }));
  }

  async openProject(file: File): Promise<OpenedProject> {
    checkSize(file);
    if (!file.name.toLowerCase().endsWith(PROJECT)) throw new EngineError(`${file.name} is not a project.`);
    const { capabilities, model } = this.site;
    return unpackProject(new Uint8Array(await file.arrayBuffer()), file.name, model.card, capabilities.max_size);
  }

  /** What of a map has to be known for a window of it. */
  private extent({ width, height }: PaintedMap, window: Rect): Rect {
    if (width * height <= WHOLE) return { x: 0, y: 0, width, height };
    const { halo, stride } = this.site.capabilities;
    return clip(snap(grow(window, halo), stride), width, height);
  }

  /** The example's terrain, if it is what is wanted. */
  private async example(map: PaintedMap, choices: Choices, window: Rect): Promise<TerrainWindow | null> {
    const { choices: usual, file } = this.site.example;
    const { width, height } = map;
    if (map.guide || map.gsd || !same(choices, usual) || window.width !== width || window.height !== height)
      return null;
    const [packed] = await fetchFiles([file], this.base, () => undefined);
    const { gunzipSync } = await import("fflate");
    const container = decode(gunzipSync(packed!).buffer as ArrayBuffer);
    const labels = take(container, "labels", Uint8Array);
    if (labels.length !== map.labels.length || labels.some((label, i) => label !== map.labels[i])) return null;
    const [made, heights] = [take(container, "texture", Uint8Array), take(container, "height", Float32Array)];
    return { ...window, texture: made, heights, shaded: take(container, "shaded", Uint8Array) };
  }
}

/** Whether they make the same terrain. */
function same(a: Choices, b: Choices): boolean {
  const names = new Set([...Object.keys(a.style), ...Object.keys(b.style)]);
  return a.seed === b.seed && a.texture === b.texture && [...names].every((name) => a.style[name] === b.style[name]);
}

function partOf(map: PaintedMap, extent: Rect): MapPart {
  const { width, height } = map;
  const labels = crop(map.labels, width, extent);
  return { labels, extent, map: { width, height }, heights: heightsOf(map), gsd: map.gsd ?? null };
}

function heightsOf({ guide, width, height }: PaintedMap): RoughHeights | null {
  if (!guide || guide.every((metres) => Number.isNaN(metres))) return null;
  return { grid: guide, columns: Math.ceil(width / GUIDE_CELL), map: { width, height } };
}

function checkSize(file: File): void {
  if (file.size > LARGEST_FILE) throw new EngineError(`${file.name} is larger than 100 MB; choose a smaller file.`);
}
