/** The engine behind HTTP: `spade-terrain studio`. */
import { clip, crop, grow, snap } from "../document/rect";
import { guideOnCells, guidePart } from "../document/document";
import { type Container, decode, encode, take } from "./container";
import { call, failed, type Session } from "./http";
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
  private readonly client = crypto.randomUUID();

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
    const body = encodeWhole<Schemas["MapOrder"]>(map, { ...choices, settings });
    return (await call(this.session, "project", { method: "POST", body, headers: BINARY })).blob();
  }

  async openProject(file: File): Promise<OpenedProject> {
    const answer = await this.container("project/open", { method: "POST", body: file, headers: BINARY });
    const { seed, style, texture, settings } = answer.header as Schemas["ProjectHeader"];
    const { default_texture } = await this.capabilities();
    return { ...asMap(answer), choices: { seed, style, texture: texture ?? default_texture }, settings };
  }

  /** Starts a job, follows it until it is done, and frees it when its result is here, or nobody wants it. */
  private async job<T>(
    kind: "detail" | "export",
    body: Uint8Array<ArrayBuffer>,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
    result: (path: string) => Promise<T>,
  ): Promise<T> {
    const { job } = await this.json<Schemas["JobName"]>(kind, { method: "POST", body, headers: BINARY, signal });
    const path = `${kind}/${encodeURIComponent(job)}`;
    try {
      for (;;) {
        const state = await this.json<Schemas["JobState"]>(path, { signal });
        if (state.state === "failed") throw new EngineError(state.error ?? "The server could not do it; try it again.");
        const { done, of, doing, seconds_left } = state;
        onProgress({ done, of, doing, secondsLeft: seconds_left });
        if (state.state === "done") return await result(path);
        await pause(POLL, signal);
      }
    } finally {
      // Where the server is gone the job is, too.
      void call(this.session, path, { method: "DELETE" }).catch(() => undefined);
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
  const { width, height, courses } = map;
  return encode({
    header: { ...header, ...(courses && { courses }), width, height },
    arrays: arraysOf(map, { x: 0, y: 0, width, height }),
  });
}

function asMap(answer: Container): PaintedMap {
  const labels = take(answer, "labels", Uint8Array);
  const [height, width] = answer.arrays["labels"]!.shape as [number, number];
  const guide = answer.arrays["guide"];
  return {
    width,
    height,
    labels,
    guide: guide ? guideOnCells(guide.data as Float32Array, guide.shape[1]!, width, height) : null,
    courses: (answer.header as Partial<Schemas["ImportHeader"]>).courses ?? null,
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

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", abort, { once: true });
  });
}
