/** What every widget can reach. */
import type { Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Runs } from "../engine/local/runners";
import type { PaintCanvas } from "../view/paintCanvas";
import type { LandView } from "../scene/landView";
import type { Files } from "./files";
import type { Look } from "./look";
import type { Studio } from "./studio";

export interface App {
  studio: Studio;
  look: Look;
  files: Files;
  /** How much is there of what the engine has to load first, 0 to 1; null while it loads nothing. */
  loaded: Signal<number | null>;
  /** What makes the land, if it is this page. */
  runs: Signal<Runs | null>;
  /** The canvases that are on the screen now. */
  canvases: { paint: PaintCanvas | null; land: LandView | null };
}

export const AppContext = createContext<App | null>(null);

export function useApp(): App {
  const app = useContext(AppContext);
  if (!app) throw new Error("a widget lies outside of AppContext");
  return app;
}
