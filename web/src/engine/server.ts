/** The engine behind HTTP: `spade-terrain studio`. */
import { clip, crop, grow, snap } from "../document/rect";
import { guidePart } from "../document/document";
import { type Container, decode, encode, take } from "./container";
import { call, failed, type Session } from "./http";
import {
  type Capabilities,
  type Choices,
  type Engine,
  EngineError,
  type ExportOrder,
  type ExportProgress,
  GUIDE_CELL,
  type Imported,
  type OpenedProject,
  type PaintedMap,
  type Rect,
  type TerrainWindow,
} from "./engine";

const POLL = 400; // milliseconds between looks at an export
const BINARY = { "Content-Type": "application/octet-stream" };

interface Job {
  state: "working" | "done" | "failed";
  done: number;
  of: number;
  doing: string | null;
  error: string | null;
}

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
      },
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
    const { name, notes } = answer.header as { name?: string; notes?: string[] };
    return { ...asMap(answer), name: name ?? file.name, notes: notes ?? [] };
  }

  async exportZip(
    map: PaintedMap,
    choices: Choices,
    order: ExportOrder,
    onProgress: (progress: ExportProgress) => void,
    signal: AbortSignal,
  ): Promise<Blob> {
    const body = encodeWhole(map, { ...choices, window: null, ...order });
    const { job } = await this.json<{ job: string }>("export", { method: "POST", body, headers: BINARY, signal });
    const path = `export/${encodeURIComponent(job)}`;
    try {
      for (;;) {
        const state = await this.json<Job>(path, { signal });
        if (state.state === "failed") throw new EngineError(state.error ?? "The export failed; try it again.");
        onProgress({ done: state.done, of: state.of, doing: state.doing ?? "" });
        if (state.state === "done") break;
        await pause(POLL, signal);
      }
      return await (await call(this.session, `${path}/zip`, { signal })).blob();
    } finally {
      // Frees its files. Where the server is gone they are, too.
      void call(this.session, path, { method: "DELETE" }).catch(() => undefined);
    }
  }

  async saveProject(map: PaintedMap, choices: Choices, settings: Record<string, unknown>): Promise<Blob> {
    const body = encodeWhole(map, { ...choices, settings });
    return (await call(this.session, "project", { method: "POST", body, headers: BINARY })).blob();
  }

  async openProject(file: File): Promise<OpenedProject> {
    const answer = await this.container("project/open", { method: "POST", body: file, headers: BINARY });
    const header = answer.header as unknown as Choices & { settings?: Record<string, unknown> };
    const choices = { seed: header.seed, style: header.style, texture: header.texture };
    return { ...asMap(answer), choices, settings: header.settings ?? {} };
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

function encodeWhole(map: PaintedMap, header: Record<string, unknown>): Uint8Array<ArrayBuffer> {
  const { width, height } = map;
  return encode({ header: { ...header, width, height }, arrays: arraysOf(map, { x: 0, y: 0, width, height }) });
}

function asMap(answer: Container): PaintedMap {
  const labels = take(answer, "labels", Uint8Array);
  const [height, width] = answer.arrays["labels"]!.shape as [number, number];
  const guide = answer.arrays["guide"];
  return {
    width,
    height,
    labels,
    guide: guide ? asGuide(guide.data as Float32Array, guide.shape, width, height) : null,
  };
}

/** A guide of any resolution at that of the page, nearest cell. */
function asGuide(data: Float32Array, shape: number[], width: number, height: number): Float32Array {
  const [rows, columns] = shape as [number, number];
  const wide = Math.ceil(width / GUIDE_CELL);
  const high = Math.ceil(height / GUIDE_CELL);
  const out = new Float32Array(wide * high);
  for (let y = 0; y < high; y++) {
    const row = Math.min(rows - 1, Math.floor(((y + 0.5) / high) * rows));
    for (let x = 0; x < wide; x++) {
      out[y * wide + x] = data[row * columns + Math.min(columns - 1, Math.floor(((x + 0.5) / wide) * columns))]!;
    }
  }
  return out;
}

function asWindow(answer: Container): TerrainWindow {
  const { x, y, width, height } = answer.header as unknown as Rect;
  const texture = take(answer, "texture", Uint8Array);
  const heights = take(answer, "height", Float32Array);
  const shaded = take(answer, "shaded", Uint8Array);
  return { x, y, width, height, texture, heights, shaded };
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
