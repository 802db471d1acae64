/**
 * What runs the model: WebAssembly, which every browser has; and WebGPU instead where there is one that passes a self-check
 * and is quicker. It is fetched only where a browser offers an adapter, and after all else.
 */
import type { Choices } from "../engine";
import type { ModelFiles } from "./protocol";
import { Runner } from "./runner";
import { type SelfCheck, TOLERANCE } from "./selfCheck";

/** What the user is told. */
export interface Told {
  /** How much has come of what has to be loaded first. */
  loading(bytes: number, of: number): void;
  /** What the land is made with. */
  runs(what: Runs): void;
}

export interface Runs {
  /** In a word or two. */
  short: string;
  words: string;
}

export class Runners {
  private ready: Promise<Runner> | null = null;

  constructor(
    private readonly base: string,
    private readonly model: ModelFiles,
    private readonly check: SelfCheck,
    private readonly choices: Choices,
    private readonly told: Told,
  ) {}

  /** Whether anything has been asked for yet. */
  get idle(): boolean {
    return this.ready === null;
  }

  /**
   * The best that there is by now.
   *
   * @throws EngineError in words for the user.
   */
  current(): Promise<Runner> {
    if (!this.ready) {
      const ready = this.start();
      ready.then(
        (runner) => void this.tryGraphics(runner),
        () => (this.ready = null), // the next one to ask tries again
      );
      this.ready = ready;
    }
    return this.ready;
  }

  /** A graphics card that has failed is not asked again. @returns whether there is another to ask. */
  failed(runner: Runner): boolean {
    if (runner.runtime === "wasm") return false;
    runner.leave();
    const ready = this.start("; WebGPU has failed");
    ready.catch(() => (this.ready = null));
    this.ready = ready;
    return true;
  }

  private async start(why = ""): Promise<Runner> {
    const runner = new Runner("wasm");
    try {
      await runner.open(this.base, this.model, (bytes, of) => this.told.loading(bytes, of));
    } catch (error) {
      runner.leave();
      throw error;
    }
    this.told.runs(inWords(runner, why));
    return runner;
  }

  private async tryGraphics(usual: Runner): Promise<void> {
    const adapter = await navigator.gpu?.requestAdapter().catch(() => null);
    if (!adapter) return;
    const graphics = new Runner("webgpu");
    const why = await this.compare(graphics, usual).catch((error: unknown) =>
      error instanceof Error ? `WebGPU can't be used: ${error.message}` : "WebGPU can't be used",
    );
    if (why === null) {
      this.ready = Promise.resolve(graphics);
      this.told.runs({ short: "WebGPU", words: "Land is made by the graphics card (WebGPU)" });
      usual.leave();
    } else {
      graphics.leave();
      this.told.runs(inWords(usual, `; ${why}`));
    }
  }

  /** Why WebGPU is not used; null if it is. */
  private async compare(graphics: Runner, usual: Runner): Promise<string | null> {
    await graphics.open(this.base, this.model, () => undefined);
    const quick = await graphics.check(this.check, this.choices);
    if (!(quick.off <= TOLERANCE)) return "WebGPU has not passed its self-test";
    const slow = await usual.check(this.check, this.choices);
    return quick.milliseconds < slow.milliseconds ? null : "WebGPU is slower here";
  }
}

function inWords({ threads }: Runner, why: string): Runs {
  const on = threads > 1 ? `${threads} threads` : "one thread";
  const slow = globalThis.crossOriginIsolated ? "" : ", which is slower: the host or the browser forbids more";
  return {
    short: slow ? `${on}, slower` : on,
    words: `Land is made in this browser (WebAssembly) on ${on}${slow}${why}`,
  };
}
