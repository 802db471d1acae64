import "./style/font.css";
import "./style/base.css";
import "./style/controls.css";
import "./style/page.css";
import "./style/dialogs.css";
import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { Autosave, claimWork } from "./document/autosave";
import { granted, locksOf } from "./document/granted";
import { MapDocument } from "./document/document";
import type { Capabilities, Engine, PaintedMap } from "./engine/engine";
import { openEngine } from "./engine/choose";
import type { Runs } from "./engine/local/runners";
import type { App } from "./state/app";
import { Files } from "./state/files";
import { keepWork } from "./state/keep";
import { Look } from "./state/look";
import { listen } from "./state/shortcuts";
import { Studio } from "./state/studio";
import { Page } from "./ui/page";

const BLANK = 512; // pixels a side of the first map, where there is no template

async function start(root: HTMLElement): Promise<void> {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const store = granted(() => localStorage);
  const look = new Look(store, dark, document.documentElement, matchMedia("(min-width: 1101px)").matches);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  look.motion.value = !calm.matches;
  calm.addEventListener("change", () => (look.motion.value = !calm.matches));
  const loaded = signal<number | null>(null);
  const runs = signal<Runs | null>(null);
  let opened: Studio | null = null;
  const told = {
    loading: (bytes: number, of: number) => void (loaded.value = bytes < of ? bytes / of : null),
    runs: (what: Runs) => void (runs.value = what),
  };
  const engine = await openEngine(document, told, () => opened?.retry());
  const model = await engine.capabilities();
  const kept = await keptWork().catch((error: unknown) => String(error));
  const work = typeof kept === "string" ? null : kept.work;
  const studio = (opened = new Studio(engine, model, work ? { ...work, map: work } : await firstMap(engine, model)));
  const app: App = { studio, look, files: new Files(studio), loaded, runs, canvases: { paint: null, land: null } };
  if (typeof kept === "string") studio.fail(`This browser keeps no work (${kept}): save the project before you leave.`);
  else keepWork(studio, kept.saves, kept.id);
  listen(app, document);
  effect(() => {
    document.title = `${studio.name.value} – Terrain studio`;
  });
  root.replaceChildren();
  render(<Page app={app} />, root);
}

/** The work that this tab goes on with, and where it is kept. Rejects where the browser keeps nothing. */
async function keptWork() {
  const saves = await Autosave.open(indexedDB);
  const tab = granted(() => sessionStorage);
  return { saves, ...(await claimWork(saves, tab, locksOf(navigator))) };
}

async function firstMap(engine: Engine, model: Capabilities): Promise<{ map: PaintedMap; name: string }> {
  const template = model.templates[0];
  if (!template) return { map: new MapDocument(BLANK, BLANK), name: "Untitled" };
  return { map: await engine.template(template.name), name: template.label };
}

const root = document.getElementById("root")!;
start(root).catch((error: unknown) => {
  const again = document.createElement("button");
  again.className = "button";
  again.textContent = "Try again";
  again.addEventListener("click", () => location.reload());
  const words = document.createElement("p");
  words.className = "stopped";
  words.setAttribute("role", "alert");
  words.append(error instanceof Error ? error.message : String(error), again);
  root.replaceChildren(words);
});
