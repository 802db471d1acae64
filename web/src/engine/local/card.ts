/** The model's card, as far as generation takes it; `spade_terrain.card` says what each field is. */
export interface Card {
  name: string;
  /** Sides of windows are multiples of it, map pixels. */
  stride: number;
  /** Map pixels around a window that can change it. */
  halo: number;
  noise: { name: string; stride: number; channels: number }[];
  /** Where the model is cut into its two stages. */
  cut: { features: string; stride: number; halo: number };
  textures: string[];
  default_texture: string;
  /** RGB of each class's land in each texture; models of before it was known have none. */
  class_colours?: RGB[][];
  guided: boolean;
  style: string[];
  height_code: { max_m: number };
  /** Metres a pixel. */
  gsd: number;
  classes: { name: string; rgb: RGB }[];
}

type RGB = [number, number, number];

/** RGB of each class's land in a texture; the palette's if that is unknown. */
export const coloursOf = (card: Card, texture: string): RGB[] =>
  card.class_colours?.[Math.max(card.textures.indexOf(texture), 0)] ?? card.classes.map(({ rgb }) => rgb);
