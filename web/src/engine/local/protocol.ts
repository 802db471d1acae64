/** What the page and the worker that makes its terrain say to each other. */
import type { Choices, Rect, TerrainWindow } from "../engine";
import type { Card } from "./card";
import type { MapPart } from "./generator";
import type { Runtime } from "./runner";
import type { Checked, SelfCheck } from "./selfCheck";

/** A file of the site that is fetched when it is needed, and only as it was written. */
export interface SiteFile {
  path: string;
  bytes: number;
  /** `sha384-...`, as `fetch` checks it. */
  integrity: string;
}

export interface ModelFiles {
  card: Card;
  /** Sides of the fine stage's windows are multiples of it, map pixels. */
  step: number;
  coarse: SiteFile;
  fine: SiteFile;
  /** The WebAssembly that there is to run it. */
  runtimes: SiteFile[];
}

export type ToWorker =
  | { type: "open"; base: string; model: ModelFiles; runtime: Runtime; threads: number }
  | { type: "make"; id: number; lane: string; part: MapPart; choices: Choices; window: Rect }
  | { type: "check"; id: number; lane: string; check: SelfCheck; choices: Choices }
  | { type: "drop"; id: number };

export type FromWorker =
  | { type: "loading"; bytes: number; of: number }
  | { type: "opened" }
  | { type: "closed"; why: string }
  | { type: "made"; id: number; window: TerrainWindow }
  | { type: "checked"; id: number; checked: Checked }
  | { type: "failed"; id: number; why: string }
  | { type: "superseded"; id: number };
