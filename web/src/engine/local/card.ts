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
  guided: boolean;
  style: string[];
  height_code: { max_m: number };
  /** Metres a pixel. */
  gsd: number;
  classes: { name: string; rgb: [number, number, number] }[];
}
