/** Files that come in and go out. */
import { signal } from "@preact/signals";
import { MapDocument } from "../document/document";
import { type OpenedProject, Superseded } from "../engine/engine";
import { partOfPage } from "../engine/parts";
import { readCarving } from "../live/carved";
import type { App } from "./app";
import type { Studio } from "./studio";

export const SIZES = [128, 256, 512, 1024, 2048] as const;
/** How many times as large a map can be made at once. */
export const ENLARGEMENTS = [2, 4] as const;
export const LONGEST_NAME = 80; // letters
const PICTURE = { width: 3840, height: 2160 };

export class Files {
  /** What is being done, in words; null if nothing is. */
  readonly busy = signal<string | null>(null);

  constructor(private readonly studio: Studio) {}

  async open(file: File): Promise<void> {
    const { studio } = this;
    const name = file.name.replace(/\.[^.]*$/, "");
    await this.during(`Opening ${file.name}`, async () => {
      if (file.name.toLowerCase().endsWith(".spadeproj")) {
        const project = await studio.engine.openProject(file);
        const kept = project.settings["name"];
        const title = typeof kept === "string" ? kept.slice(0, LONGEST_NAME) : name;
        studio.open(project, title, project.choices, notesOn(project, studio.model.name));
        studio.carving.value = studio.fittedCarving(readCarving(project.settings["carving"]));
      } else {
        const map = await studio.engine.importMap(file);
        studio.open(map, map.name.replace(/\.[^.]*$/, ""), studio.choices.value, map.notes);
      }
    });
  }

  async template(name: string, label: string): Promise<void> {
    await this.during(`Opening ${label}`, async () => {
      this.studio.open(await this.studio.engine.template(name), label, this.studio.choices.value);
    });
  }

  blank(size: number): void {
    this.studio.open(new MapDocument(size, size), "Untitled", this.studio.choices.value);
  }

  /** Opens the same map with `scale` times as many rows and columns. */
  async enlarge(scale: number): Promise<void> {
    const { studio } = this;
    await this.during("Enlarging the map", async () => {
      const { upscale } = await partOfPage("What enlarges maps", import("../engine/upscaling"));
      const map = await upscale(studio.doc.value, scale, studio.choices.value.seed);
      studio.open(map, studio.name.value, studio.choices.value, [
        `It is ${map.width} × ${map.height} pixels now, and its borders wander as nature's do`,
      ]);
    });
  }

  async saveProject(): Promise<void> {
    const { studio } = this;
    await this.during("Saving the project", async () => {
      const settings = { name: studio.name.value, carving: studio.carving.value };
      const blob = await studio.engine.saveProject(studio.doc.value, studio.choices.value, settings);
      download(blob, `${this.stem()}.spadeproj`);
    });
  }

  async savePicture(canvases: App["canvases"]): Promise<void> {
    const { land } = canvases;
    if (!land) {
      this.studio.fail("Show the land in 3D first; the picture is of what is seen there.");
      return;
    }
    await this.during("Drawing the picture", async () => {
      download(await land.picture(PICTURE.width, PICTURE.height), `${this.stem()}.png`);
    });
  }

  /** The map's name as the beginning of a file's. */
  stem(): string {
    return this.studio.name.value.trim().replace(/[^\p{L}\p{N}._ -]+/gu, "-") || "terrain";
  }

  private async during(words: string, work: () => Promise<void>): Promise<void> {
    this.busy.value = words;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Superseded)) this.studio.fail(error);
    } finally {
      this.busy.value = null;
    }
  }
}

function notesOn({ model }: OpenedProject, here: string): string[] {
  return model === null || model === here
    ? []
    : [`It was made with the model ${model}; with ${here} its land differs.`];
}

export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
