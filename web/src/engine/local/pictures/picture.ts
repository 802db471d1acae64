/** A picture in the palette's colours to labels. Other pictures and maps, with legends of their own, the program reads. */
import { EngineError } from "../../engine";
import { matchColours } from "./colourMatching";
import type { Read } from "./reading";
import type { Picture, Rgb } from "./regionGrowing";

const MAX_OFF_PALETTE = 0.05; // share of a map that may be in quite other colours, as its names and outlines are

/**
 * The labels that the program reads, and a line on what was not in exact colours.
 *
 * @throws EngineError if the picture is transparent in places, or too much of it is in other colours.
 */
export function labelsOfPicture(picture: Picture, colours: readonly Rgb[]): Read {
  const { rgba, width, height } = picture;
  const pixels = width * height;
  for (let i = 0; i < pixels; i++) {
    if (rgba[4 * i + 3] !== 255) {
      throw new EngineError("The picture is transparent in places; flatten it, so that all of it has palette colours.");
    }
  }
  const { labels, inexact, offPalette } = matchColours(picture, colours);
  const off = offPalette ? offPalette.reduce((sum, is) => sum + is, 0) : 0;
  const others = off > 0 ? `the commonest of other colours is RGB ${commonest(picture, offPalette!)}` : "";
  if (off > MAX_OFF_PALETTE * pixels) {
    throw new EngineError(
      `${percent(off / pixels)} of this picture is not in the palette's seven colours: ${others}. ` +
        "The program reads maps with other legends: `spade-terrain generate FILE --out land`, or `spade-terrain studio`.",
    );
  }
  if (inexact === 0) return { labels, notes: [] };
  const count = inexact === 1 ? "1 pixel is" : `${percent(inexact / pixels)} of its pixels are`;
  const read = `${count} not exactly in the palette's colours, and read as the nearest class around it`;
  return {
    labels,
    notes: [off > 0 ? `${read}; ${percent(off / pixels)} are far from them all, ${others}.` : `${read}.`],
  };
}

function commonest({ rgba }: Picture, among: Uint8Array): string {
  const counts = new Map<string, number>();
  for (let i = 0; i < among.length; i++) {
    if (!among[i]) continue;
    const rgb = `(${rgba[4 * i]}, ${rgba[4 * i + 1]}, ${rgba[4 * i + 2]})`;
    counts.set(rgb, (counts.get(rgb) ?? 0) + 1);
  }
  return [...counts].reduce((most, next) => (next[1] > most[1] ? next : most))[0];
}

const percent = (share: number): string => (share >= 0.001 ? `${(100 * share).toFixed(1)} %` : "less than 0.1 %");
