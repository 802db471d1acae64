/** What makes terrain, wherever it runs. The page knows nothing else of it. */
import type { components } from "./api";

export type Schemas = components["schemas"];

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export type TerrainClass = Schemas["TerrainClass"];
/** Something that the user picks from a list, in words. */
export type Choice = Schemas["Choice"];
/** A format of files; some are only made of land that water has carved. */
export type FormatChoice = Schemas["FormatChoice"];
export type Template = Schemas["Template"];
/** What a model can do, and what is on offer beside it. */
export type Capabilities = Schemas["ModelDescription"];

/** A river that a map brings along, which water follows when it carves the land. */
export type RiverCourse = Schemas["RiverCourse"];

/** What a person has painted. */
export interface PaintedMap {
  width: number;
  height: number;
  /** (height, width), an index of `Capabilities.classes` a pixel. */
  labels: Uint8Array;
  /** Rough heights in metres, NaN where unknown; cells of `GUIDE_CELL` pixels, row by row. Null: none are known. */
  guide: Float32Array | null;
  /** Where its rivers run; none, or null: only the paint says that. */
  courses?: RiverCourse[] | null;
  /** Metres that a pixel is on the ground; none, or null: as many as the model's. */
  gsd?: number | null;
}

/** Pixels a side of a cell of `PaintedMap.guide`. */
export const GUIDE_CELL = 8;

export interface Choices {
  seed: number;
  style: Record<string, number>;
  texture: string;
}

/** A piece of terrain. Arrays are row by row, north first. */
export interface TerrainWindow extends Rect {
  /** RGB, 3 bytes a pixel, without light. */
  texture: Uint8Array;
  /** Metres above the sea. */
  heights: Float32Array;
  /** RGB, lit from the north-west. */
  shaded: Uint8Array;
}

export interface Imported extends PaintedMap {
  name: string;
  /** What is to be said about how it was read. */
  notes: string[];
}

export interface OpenedProject extends PaintedMap {
  choices: Choices;
  /** The name of the model that it was made with, if it says so. */
  model: string | null;
  settings: Record<string, unknown>;
}

/** How water carves the land. What is left out is as the engine has it. */
export interface Carving {
  /** Pixels of the land along a side of one of the map's. */
  detail: number;
  /** Whether rivers are drawn into the textures. */
  draw_rivers?: boolean;
  /** Whether painted lakes stay at the level of the sea. */
  sea_lakes?: boolean;
  /** Whether painted rivers do, too, and those that the map brings along are left alone. */
  sea_rivers?: boolean;
}

/** A river from its source or a confluence to the next one, or to its mouth. */
export type Reach = Schemas["River"];

/** Of a pixel of carved land. */
export const DRY = 0;
export const LAKE = 2;

/** Land that water has carved, `detail` times as fine as its map. Arrays are row by row, north first. */
export interface CarvedTerrain {
  width: number;
  height: number;
  detail: number;
  /** RGB, 3 bytes a pixel, without light. */
  texture: Uint8Array;
  /** RGB, lit from the north-west. */
  shaded: Uint8Array;
  /** Metres above the sea; of lakes, their level. */
  heights: Float32Array;
  /** An index of `Capabilities.classes` a pixel. */
  labels: Uint8Array;
  /** DRY, 1 in the sea, or LAKE. */
  water: Uint8Array;
  /** How much of each pixel rivers cover, 0 to 255. */
  rivers: Uint8Array;
  reaches: Reach[];
}

export interface ExportOrder {
  formats: string[];
  presets: string[];
  options: { playable_km?: number; vertical_scale?: number } & Partial<Carving>;
}

export interface Progress {
  done: number;
  of: number;
  doing: string;
  /** Until it is done; null where nobody knows. */
  secondsLeft: number | null;
}

export interface Engine {
  capabilities(): Promise<Capabilities>;

  /**
   * The terrain of a window, the same as that part of the whole map's.
   *
   * @param lane - requests of one lane replace each other: the newest wins, older ones reject with `Superseded`.
   * @throws EngineError in words for the user; an aborted call rejects with the signal's reason.
   */
  generate(map: PaintedMap, choices: Choices, window: Rect, lane: string, signal: AbortSignal): Promise<TerrainWindow>;

  /**
   * The whole map's land, carved by water. A newer call takes the place of one that is running, which rejects.
   *
   * @throws EngineError in words for the user; an aborted call rejects with the signal's reason.
   */
  carve(
    map: PaintedMap,
    choices: Choices,
    carving: Carving,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<CarvedTerrain>;

  template(name: string): Promise<PaintedMap>;

  /** Any file that a map can be read from: a picture, a legend map, an Azgaar export. */
  importMap(file: File): Promise<Imported>;

  /** Every format and preset that was ordered, as one ZIP. */
  exportZip(
    map: PaintedMap,
    choices: Choices,
    order: ExportOrder,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<Blob>;

  /** A `.spadeproj`, and back. */
  saveProject(map: PaintedMap, choices: Choices, settings: Record<string, unknown>): Promise<Blob>;
  openProject(file: File): Promise<OpenedProject>;
}

/** The engine could not do it; the message says what to do, for the user. */
export class EngineError extends Error {
  override name = "EngineError";
}

/** The engine cannot be reached for now; trying again later may help. */
export class EngineAway extends EngineError {
  override name = "EngineAway";
}

/** A newer request of the same lane has taken this one's place. */
export class Superseded extends Error {
  override name = "Superseded";
}
