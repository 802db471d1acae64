/** A worker that runs the model, and the calls that are under way in it. */
import { type Choices, EngineError, type Rect, Superseded, type TerrainWindow } from "../engine";
import type { MapPart } from "./generator";
import type { FromWorker, ModelFiles, ToWorker } from "./protocol";
import type { Checked, SelfCheck } from "./selfCheck";

const MOST_THREADS = 4; // more gain little: the network's layers are short

export type Runtime = "wasm" | "webgpu";

interface Call {
  resolve: (answer: TerrainWindow | Checked) => void;
  reject: (error: Error) => void;
}

export class Runner {
  /** Threads take memory that they share, which browsers allow to pages isolated from others alone. */
  readonly threads = globalThis.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, MOST_THREADS) : 1;
  private readonly worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  private readonly calls = new Map<number, Call>();
  private count = 0;
  private leaving = false;

  constructor(readonly runtime: Runtime) {}

  /**
   * Loads the runtime and the model.
   *
   * @throws EngineError in words for the user.
   */
  open(base: string, model: ModelFiles, onLoading: (bytes: number, of: number) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.worker.onerror = () => reject(new EngineError("This browser can't run the model; use a newer one."));
      this.worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if (data.type === "opened") resolve();
        else if (data.type === "closed") reject(new EngineError(data.why));
        else if (data.type === "loading") onLoading(data.bytes, data.of);
        else this.answer(data);
      };
      this.send({ type: "open", base, model, runtime: this.runtime, threads: this.threads });
    });
  }

  make(part: MapPart, choices: Choices, window: Rect, lane: string, signal: AbortSignal): Promise<TerrainWindow> {
    const id = ++this.count;
    return new Promise<TerrainWindow>((resolve, reject) => {
      const abort = (): void => {
        this.calls.delete(id);
        this.send({ type: "drop", id });
        reject(signal.reason as Error);
        this.rest();
      };
      const done = (): void => signal.removeEventListener("abort", abort);
      this.calls.set(id, {
        resolve: (made) => (done(), resolve(made as TerrainWindow)),
        reject: (error) => (done(), reject(error)),
      });
      signal.addEventListener("abort", abort, { once: true });
      this.send({ type: "make", id, lane, part, choices, window });
    });
  }

  /** Makes land that is known already. */
  check(check: SelfCheck, choices: Choices): Promise<Checked> {
    const id = ++this.count;
    return new Promise<Checked>((resolve, reject) => {
      this.calls.set(id, { resolve: (checked) => resolve(checked as Checked), reject });
      this.send({ type: "check", id, lane: "check", check, choices });
    });
  }

  /** Ends it once nothing is under way. */
  leave(): void {
    this.leaving = true;
    this.rest();
  }

  private rest(): void {
    if (this.leaving && this.calls.size === 0) this.worker.terminate();
  }

  private answer(data: Extract<FromWorker, { id: number }>): void {
    const call = this.calls.get(data.id);
    this.calls.delete(data.id);
    if (data.type === "made") call?.resolve(data.window);
    else if (data.type === "checked") call?.resolve(data.checked);
    else if (data.type === "failed") call?.reject(new EngineError(data.why));
    else call?.reject(new Superseded("a newer request took its place"));
    this.rest();
  }

  private send(message: ToWorker): void {
    this.worker.postMessage(message);
  }
}
