/** How things are looked at: nothing here changes the document. */
import type { Store } from "../document/granted";
import { effect, type Signal, signal } from "@preact/signals";

export const VIEWS = ["land", "texture", "height", "shaded", "rivers", "map"] as const;
export type View = (typeof VIEWS)[number];
export type Theme = "auto" | "light" | "dark";

const THEME = "studio-theme";

export class Look {
  readonly view = signal<View>("land");
  /** The only pane that a narrow screen shows. */
  readonly pane = signal<"paint" | "see">("paint");
  readonly panel: Signal<boolean>;
  readonly dialog = signal<"new" | "export" | "shortcuts" | null>(null);

  /** Degrees: where the light comes from, clockwise from north, and how high the sun stands. */
  readonly azimuth = signal(315);
  readonly altitude = signal(38);
  readonly exaggeration = signal(10);
  readonly fog = signal(0.1);
  readonly wireframe = signal(false);
  readonly water = signal(true);
  /** Whether water moves. */
  readonly motion = signal(true);
  readonly camera = signal<"orbit" | "walk">("orbit");

  readonly theme: Signal<Theme>;
  /** What `auto` means on this machine. */
  readonly dark = signal(false);

  /** @param wide - whether the settings have room beside the land. */
  constructor(
    store: Store | null,
    machine: MediaQueryList,
    page: HTMLElement,
    private readonly wide: boolean,
  ) {
    this.panel = signal(wide);
    this.theme = signal((store?.getItem(THEME) as Theme | null | undefined) ?? "auto");
    const machineDark = signal(machine.matches);
    machine.addEventListener("change", () => (machineDark.value = machine.matches));
    effect(() => {
      this.dark.value = this.theme.value === "auto" ? machineDark.value : this.theme.value === "dark";
      page.dataset["theme"] = this.dark.value ? "dark" : "light";
      store?.setItem(THEME, this.theme.value);
    });
  }
  /** On a narrow screen the settings lie over the land, which they are of. */
  togglePanel(): void {
    const unseen = !this.wide && this.pane.value === "paint";
    this.panel.value = unseen || !this.panel.value;
    if (unseen) this.pane.value = "see";
  }
}
