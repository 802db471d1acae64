/** Which files are to be made, and how. */
import { type Signal, signal } from "@preact/signals";
import type { Capabilities, ExportOrder, FormatChoice } from "../engine/engine";
import type { Studio } from "./studio";

export class Order {
  readonly formats: Signal<ReadonlySet<string>> = signal(new Set(["glb"]));
  readonly presets: Signal<ReadonlySet<string>> = signal(new Set());
  /** Null: as fine as the land that is seen; 0: as the map, not carved. */
  private readonly detail = signal<number | null>(null);
  /** As they were typed; empty where the scale stays true. */
  kilometres = "";
  vertical = "";

  get empty(): boolean {
    return this.formats.value.size + this.presets.value.size === 0;
  }

  /** What is chosen, by its names. */
  words({ formats, presets }: Capabilities): string {
    const chosen = [
      ...formats.filter(({ name }) => this.formats.value.has(name)),
      ...presets.filter(({ name }) => this.presets.value.has(name)),
    ];
    return chosen.map(({ label }) => label).join(", ");
  }

  togglePreset(name: string): void {
    this.presets.value = toggled(this.presets.value, name);
  }

  /** What is only made of carved land has it carved. */
  toggleFormat({ name, detail }: FormatChoice, studio: Studio): void {
    this.formats.value = toggled(this.formats.value, name);
    if (detail) this.detail.value = this.detailOf(studio) || studio.carvingHere.value.detail;
  }

  detailOf({ land }: Studio): number {
    return this.detail.value ?? (land.value.carved ? land.value.detail : 0);
  }

  setDetail(detail: number, { model }: Studio): void {
    this.detail.value = detail;
    if (detail > 0) return;
    const carved = new Set(model.formats.filter((format) => format.detail).map(({ name }) => name));
    this.formats.value = new Set([...this.formats.value].filter((name) => !carved.has(name)));
  }

  /** What the engine is asked for. */
  sent(studio: Studio): ExportOrder {
    const detail = this.detailOf(studio);
    const playable_km = Number(this.kilometres);
    const vertical_scale = Number(this.vertical);
    const options = {
      ...(detail > 0 && { ...studio.carving.value, detail }),
      ...(playable_km > 0 && { playable_km }),
      ...(vertical_scale > 0 && { vertical_scale }),
    };
    return { formats: [...this.formats.value], presets: [...this.presets.value], options };
  }
}

function toggled(set: ReadonlySet<string>, name: string): Set<string> {
  const next = new Set(set);
  if (!next.delete(name)) next.add(name);
  return next;
}
