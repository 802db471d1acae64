/** A picture in the palette's colours to labels. Other pictures and maps, with legends of their own, the program reads. */
import { WATER } from "../../document/document";
import { EngineError } from "../engine";
import type { Card } from "./card";

const NEAR = 24; // by how much a colour may differ in all, as JPEG and colour profiles make it
const SOLID = 128; // of 255: what is clearer than that is no paint
const LEAST_KNOWN = 0.6; // share of pixels in a class's colour

/**
 * What is near no class's colour, such as the mixtures along smooth edges, becomes what is nearest to it in the picture:
 * labels are never mixed.
 *
 * @param rgba - 4 bytes a pixel.
 * @throws EngineError if most of it is in other colours.
 */
export function labelsOfPicture(rgba: ArrayLike<number>, width: number, height: number, card: Card): Uint8Array {
  const unknown = card.classes.length;
  const labels = new Uint8Array(width * height).fill(unknown);
  let edge: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    labels[i] = rgba[4 * i + 3]! < SOLID ? WATER : nearest(rgba, 4 * i, card, unknown);
    if (labels[i] !== unknown) edge.push(i);
  }
  if (edge.length < LEAST_KNOWN * labels.length) {
    throw new EngineError(
      "This picture is not in the seven colours of the palette. The program reads maps with other legends: " +
        "`spade-terrain generate FILE`, or `spade-terrain studio`.",
    );
  }
  while (edge.length > 0) {
    const next: number[] = [];
    for (const i of edge) {
      for (const j of around(i, width, height)) {
        if (labels[j] !== unknown) continue;
        labels[j] = labels[i]!;
        next.push(j);
      }
    }
    edge = next;
  }
  return labels;
}

function nearest(rgba: ArrayLike<number>, at: number, card: Card, unknown: number): number {
  let [best, least] = [unknown, NEAR + 1];
  card.classes.forEach(({ rgb }, index) => {
    const off = rgb.reduce((sum, value, c) => sum + Math.abs(value - rgba[at + c]!), 0);
    if (off < least) [best, least] = [index, off];
  });
  return best;
}

function around(i: number, width: number, height: number): number[] {
  const [x, y] = [i % width, Math.floor(i / width)];
  return [x > 0 && i - 1, x < width - 1 && i + 1, y > 0 && i - width, y < height - 1 && i + width].filter(
    (j) => j !== false,
  );
}
