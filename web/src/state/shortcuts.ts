/** Keys, what they do, and the words for it: one table for who presses them and who reads about them. */
import type { App } from "./app";
import { MAX_BRUSH, type Tool } from "./studio";

export interface Shortcut {
  /** As shown, "Mod" for Ctrl or Command. */
  keys: string;
  about: string;
  group: "Tools" | "Paint" | "See" | "File";
  run: (app: App) => void;
}

const TOOL_KEYS: [string, Tool, string][] = [
  ["B", "brush", "Brush"],
  ["L", "line", "Line (Shift: straight)"],
  ["G", "lasso", "Area: drag freely, or click corners and press Enter"],
  ["F", "fill", "Fill"],
  ["S", "smooth", "Smooth borders"],
  ["I", "pick", "Pick a class (or hold Alt)"],
  ["H", "height", "Heights"],
  ["V", "pan", "Move the map (or hold Space)"],
];

export const SHORTCUTS: readonly Shortcut[] = [
  ...TOOL_KEYS.map(([keys, tool, about]): Shortcut => ({ keys, about, group: "Tools", run: setTool(tool) })),
  ...[1, 2, 3, 4, 5, 6, 7].map((at): Shortcut => ({
    keys: `${at}`,
    about: `Class ${at}`,
    group: "Paint",
    run: setLabel(at - 1),
  })),
  { keys: "[", about: "Smaller brush", group: "Paint", run: ({ studio }) => resize(studio, 1 / 1.25) },
  { keys: "]", about: "Larger brush", group: "Paint", run: ({ studio }) => resize(studio, 1.25) },
  { keys: "Mod+Z", about: "Undo", group: "Paint", run: ({ studio }) => studio.undo() },
  { keys: "Mod+Shift+Z", about: "Redo", group: "Paint", run: ({ studio }) => studio.redo() },
  { keys: "Mod+Y", about: "Redo", group: "Paint", run: ({ studio }) => studio.redo() },
  { keys: "Enter", about: "Close the area", group: "Paint", run: ({ canvases }) => canvases.paint?.painter.close() },
  {
    keys: "Escape",
    about: "Drop what is being drawn",
    group: "Paint",
    run: ({ canvases }) => canvases.paint?.painter.cancel(),
  },
  { keys: "0", about: "Whole map", group: "See", run: ({ canvases }) => canvases.paint?.fit() },
  { keys: "+", about: "Nearer", group: "See", run: ({ canvases }) => canvases.paint?.viewport.zoom(1.25) },
  { keys: "-", about: "Farther", group: "See", run: ({ canvases }) => canvases.paint?.viewport.zoom(1 / 1.25) },
  {
    keys: "D",
    about: "Roll the dice for another seed",
    group: "See",
    run: ({ studio }) => studio.choose({ seed: anySeed() }),
  },
  { keys: "W", about: "Walk, or fly again", group: "See", run: ({ look }) => toggleWalk(look) },
  {
    keys: "P",
    about: "Show or hide the settings",
    group: "See",
    run: ({ look }) => look.togglePanel(),
  },
  { keys: "N", about: "New map", group: "File", run: ({ look }) => (look.dialog.value = "new") },
  { keys: "E", about: "Export", group: "File", run: ({ look }) => (look.dialog.value = "export") },
  { keys: "Mod+S", about: "Save the project", group: "File", run: ({ files }) => void files.saveProject() },
  { keys: "?", about: "These shortcuts", group: "File", run: ({ look }) => (look.dialog.value = "shortcuts") },
];

function setTool(tool: Tool): Shortcut["run"] {
  return ({ studio }) => (studio.tool.value = tool);
}

function setLabel(label: number): Shortcut["run"] {
  return ({ studio }) => {
    if (label < studio.model.classes.length) studio.label.value = label;
  };
}

function resize(studio: App["studio"], factor: number): void {
  const size = studio.size.value;
  const next =
    factor > 1 ? Math.max(size + 1, Math.round(size * factor)) : Math.min(size - 1, Math.round(size * factor));
  studio.size.value = Math.max(1, Math.min(MAX_BRUSH, next));
}

function toggleWalk(look: App["look"]): void {
  look.view.value = "land";
  look.camera.value = look.camera.value === "walk" ? "orbit" : "walk";
}

export const anySeed = (): number => crypto.getRandomValues(new Uint32Array(1))[0]! % 1_000_000;

/** What an event's keys are called in the table. */
export function keysOf(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey">): string {
  const { key } = event;
  const letter = /^\p{L}$/u.test(key) ? key.toUpperCase() : key === "=" ? "+" : key;
  const mod = event.ctrlKey || event.metaKey ? "Mod+" : "";
  return `${mod}${mod && event.shiftKey ? "Shift+" : ""}${letter}`;
}

/** Follows the keyboard, except where somebody types or a dialog is open. */
export function listen(app: App, page: Document): void {
  const busy = (event: KeyboardEvent): boolean =>
    event.defaultPrevented || event.altKey || app.look.dialog.value !== null || isField(event.target, event.key);
  page.addEventListener("keydown", (event) => {
    if (busy(event)) return;
    if (event.key === " " && !isControl(event.target)) {
      pan(app, true);
      return event.preventDefault();
    }
    const keys = keysOf(event);
    const found = SHORTCUTS.find((shortcut) => shortcut.keys === keys);
    if (!found || (keys === "Enter" && isControl(event.target))) return;
    event.preventDefault();
    found.run(app);
  });
  page.addEventListener("keyup", (event) => {
    if (event.key === " ") pan(app, false);
  });
}

function pan(app: App, held: boolean): void {
  const { paint } = app.canvases;
  if (paint) paint.gestures.panning = held || app.studio.tool.value === "pan";
}

const isControl = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("button, a, input, select, summary") !== null;

/** Whether a key belongs to the field that it was pressed in. Sliders only use keys that move them. */
function isField(target: EventTarget | null, key: string): boolean {
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  if (!(target instanceof HTMLInputElement)) return false;
  if (["checkbox", "radio"].includes(target.type)) return key === " ";
  return target.type !== "range" || key.startsWith("Arrow");
}
