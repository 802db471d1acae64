/** Makes the land fine when it is asked to, and keeps what it has made for as long as nothing else is made. */
import { batch, computed, type Signal, signal } from "@preact/signals";
import type { MapDocument } from "../document/document";
import type { Capabilities, Carving, Choices, Engine, Progress } from "../engine/engine";
import { CarvedLand, isSameCarving, Snapshot } from "./carved";

export type CarverState =
  { is: "resting" } | { is: "working"; carving: Carving; progress: Progress } | { is: "failed"; message: string };

interface Made {
  of: Snapshot;
  carving: Carving;
  land: CarvedLand;
}

const STARTING: Progress = { done: 0, of: 0, doing: "", secondsLeft: null };

export class Carver {
  readonly state: Signal<CarverState> = signal({ is: "resting" });
  private readonly made = signal<Made | null>(null);
  private readonly fits = signal(false); // whether what was made is of the map as it is now
  /** The fine land of the map as it is now. */
  readonly land = computed(() => (this.fits.value ? (this.made.value?.land ?? null) : null));
  private running: { of: Snapshot; abort: AbortController } | null = null;

  constructor(
    private readonly engine: Engine,
    private readonly model: Capabilities,
  ) {}

  /** How fine a map's land can be made and shown. */
  detailsFor({ width, height }: { width: number; height: number }): number[] {
    const { details, largest_detail } = this.model;
    return details.filter((detail) => Math.max(width, height) * detail <= largest_detail);
  }

  /** Whether the land that is shown was carved so. */
  has(carving: Carving): boolean {
    return this.fits.value && isSameCarving(this.made.value!.carving, carving);
  }

  async make(doc: MapDocument, choices: Choices, carving: Carving): Promise<void> {
    this.cancel();
    const of = new Snapshot(doc, choices);
    const abort = new AbortController();
    this.running = { of, abort };
    const report = (progress: Progress): void => {
      if (!abort.signal.aborted) this.state.value = { is: "working", carving, progress };
    };
    report(STARTING);
    try {
      const terrain = await this.engine.carve(doc, choices, carving, report, abort.signal);
      abort.signal.throwIfAborted();
      batch(() => {
        this.made.value = { of, carving, land: new CarvedLand(terrain) };
        this.fits.value = true;
        this.rest();
      });
    } catch (error) {
      if (abort.signal.aborted) return;
      this.rest();
      this.state.value = { is: "failed", message: error instanceof Error ? error.message : String(error) };
    }
  }

  cancel(): void {
    this.running?.abort.abort();
    this.rest();
  }

  /** The map or what is chosen for it has changed: fine land of another one is not shown, and not made any further. */
  follow(doc: MapDocument, choices: Choices): void {
    this.fits.value = this.made.peek()?.of.isOf(doc, choices) ?? false;
    if (this.running && !this.running.of.isOf(doc, choices)) this.cancel();
    else if (!this.running) this.rest();
  }

  private rest(): void {
    this.running = null;
    this.state.value = { is: "resting" };
  }
}
