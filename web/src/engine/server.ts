/** The engine behind HTTP: `spade-terrain studio`. */
import { clip, crop, grow, snap } from "../document/rect";
import { guideOnCells, guidePart } from "../document/document";
import { uniqueName } from "../document/granted";
import { type Container, decode, encode, take } from "./container";
import { call, failed, inWords, type Session } from "./http";
import {
  type Capabilities,
  type CarvedTerrain,
  type Carving,
  type Choices,
  type Engine,
  EngineError,
  type ExportOrder,
  type Imported,
  type OpenedProject,
  type PaintedMap,
  type Progress,
  type Rect,
  type Schemas,
  type TerrainWindow,
} from "./engine";

const POLL = 400; // milliseconds between looks at a job
const BINARY = { "Content-Type": "application/octet-stream" };

export class ServerEngine implements Engine {
  private model: Promise<Capabilities> | null = null;
  private turn = 0;
  private readonly client = uniqueName();

  constructor(private readonly session: Session) {}

  capabilities(): Promise<Capabilities> {
    this.model ??= this.json<Capabilities>("model").catch((error: unknown) => {
      this.model = null;
      throw error;
    });
    return this.model;
  }

  async generate(map: PaintedMap, choices: Choices, window: Rect, lane: string, signal: AbortSignal) {
    const { stride, halo } = await this.capabilities();
    const part = clip(snap(grow(window, halo), stride), map.width, map.height);
    const body = encode({
      header: {
        ...choices,
        width: part.width,
        height: part.height,
        origin: { x: part.x, y: part.y },
        map: { width: map.width, height: map.height },
        ...(map.gsd && { gsd: map.gsd }),
        window,
        client: `${this.client}-${lane}`,
        turn: ++this.turn,
      } satisfies Schemas["TerrainOrder"],
      arrays: arraysOf(map, part),
    });
    return asWindow(await this.container("terrain", { method: "POST", body, headers: BINARY, signal }));
  }

  async template(name: string): Promise<PaintedMap> {
    return asMap(await this.container(`templates/${encodeURIComponent(name)}`));
  }

  async importMap(file: File): Promise<Imported> {
    const headers = { ...BINARY, "X-File-Name": encodeURIComponent(file.name) };
    const answer = await this.container("import", { method: "POST", body: file, headers });
    const { name, notes } = answer.header as Schemas["ImportHeader"];
    return { ...asMap(answer), name, notes };
  }

  async carve(
    map: PaintedMap,
    choices: Choices,
    carving: Carving,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<CarvedTerrain> {
    const body = encodeWhole<Schemas["DetailOrder"]>(map, { ...choices, ...carving, client: this.client });
    return this.job("detail", body, onProgress, signal, async (path) =>
      asCarved(await this.container(`${path}/terrain`, { signal })),
    );
  }

  async exportZip(
    map: PaintedMap,
    choices: Choices,
    order: ExportOrder,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<Blob> {
    const body = encodeWhole<Schemas["ExportOrder"]>(map, { ...choices, ...order });
    return this.job("export", body, onProgress, signal, async (path) =>
      (await call(this.session, `${path}/zip`, { signal })).blob(),
    );
  }

  async saveProject(map: PaintedMap, choices: Choices, settings: Record<string, unknown>): Promise<Blob> {
    const { name: model } = await this.capabilities();
    const body = encodeWhole<Schemas["MapOrder"]>(map, { ...choices, model, settings });
    return (await call(this.session, "project", { method: "POST", body, headers: BINARY })).blob();
  }

  async openProject(file: File): Promise<OpenedProject> {
    const answer = await this.container("project/open", { method: "POST", body: file, headers: BINARY });
    const { seed, style, texture, model, settings } = answer.header as Schemas["ProjectHeader"];
    const { default_texture } = await this.capabilities();
    if (!Number.isSafeInteger(seed)) {
      throw new EngineError(
        `The seed of ${file.name} has more digits than browsers count exactly; make its land with \`spade-terrain generate\`.`,
      );
    }
    return { ...asMap(answer), choices: { seed, style, texture: texture ?? default_texture }, model, settings };
  }

  /** Starts a job, follows it until it is done, and frees it when its result is here, or nobody wants it. */
  private async job<T>(
    kind: "detail" | "export",
    body: Uint8Array<ArrayBuffer>,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
    result: (path: string) => Promise<T>,
  ): Promise<T> {
    const path = this.json<Schemas["JobName"]>(kind, { method: "POST", body, headers: BINARY }).then(
      ({ job }) => `${kind}/${encodeURIComponent(job)}`,
    );
    try {
      return await this.follow(await unlessAborted(path, signal), onProgress, signal, result);
    } finally {
      // Also of a job that was cancelled before its name was here. Where the server is gone the job is, too.
      path.then((name) => call(this.session, name, { method: "DELETE" })).catch(() => undefined);
    }
  }

  private async follow<T>(
    path: string,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
    result: (path: string) => Promise<T>,
  ): Promise<T> {
    for (;;) {
      const state = await this.json<Schemas["JobState"]>(path, { signal });
      if (state.state === "failed")
        throw new EngineError(inWords(state.error ?? "The server could not do it; try it again."));
      const { done, of, doing, seconds_left } = state;
      onProgress({ done, of, doing, secondsLeft: seconds_left });
      if (state.state === "done") return result(path);
      await pause(POLL, signal);
    }
  }

  private async json<T>(path: string, init: RequestInit = {}): Promise<T> {
    return (await call(this.session, path, init)).json() as Promise<T>;
  }

  private async container(path: string, init: RequestInit = {}): Promise<Container> {
    const answer = await call(this.session, path, init);
    try {
      return decode(await answer.arrayBuffer());
    } catch (error) {
      throw failed(error, init.signal);
    }
  }
}

function arraysOf(map: PaintedMap, part: Rect): Container["arrays"] {
  const labels = { shape: [part.height, part.width], data: crop(map.labels, map.width, part) };
  const guide = guidePart(map, part);
  return guide ? { labels, guide: { shape: [guide.height, guide.width], data: guide.data } } : { labels };
}

function encodeWhole<Order extends Schemas["MapOrder"]>(
  map: PaintedMap,
  header: Omit<Order, "width" | "height">,
): Uint8Array<ArrayBuffer> {
  const { width, height, courses, gsd } = map;
  return encode({
    header: { ...header, ...(courses && { courses }), ...(gsd && { gsd }), width, height },
    arrays: arraysOf(map, { x: 0, y: 0, width, height }),
  });
}

function asMap(answer: Container): PaintedMap {
  const labels = take(answer, "labels", Uint8Array);
  const [height, width] = answer.arrays["labels"]!.shape as [number, number];
  const guide = answer.arrays["guide"];
  const { courses = null, gsd = null } = answer.header as Partial<Schemas["ImportHeader"]>;
  return {
    width,
    height,
    labels,
    guide: guide ? guideOnCells(guide.data as Float32Array, guide.shape[1]!, width, height) : null,
    courses,
    gsd,
  };
}

function asWindow(answer: Container): TerrainWindow {
  const { x, y, width, height } = answer.header as Schemas["TerrainHeader"];
  const texture = take(answer, "texture", Uint8Array);
  const heights = take(answer, "height", Float32Array);
  const shaded = take(answer, "shaded", Uint8Array);
  return { x, y, width, height, texture, heights, shaded };
}

function asCarved(answer: Container): CarvedTerrain {
  const { width, height, detail, rivers } = answer.header as Schemas["DetailHeader"];
  return {
    width,
    height,
    detail,
    texture: take(answer, "texture", Uint8Array),
    shaded: take(answer, "shaded", Uint8Array),
    heights: take(answer, "height", Float32Array),
    labels: take(answer, "labels", Uint8Array),
    water: take(answer, "water", Uint8Array),
    rivers: take(answer, "rivers", Uint8Array),
    reaches: rivers,
  };
}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  unlessAborted(new Promise((resolve) => setTimeout(resolve, milliseconds)), signal);

/** What a promise brings; rejects with the signal's reason as soon as nobody waits for it any more. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", abort, { once: true });
    void promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
