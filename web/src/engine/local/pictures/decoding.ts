/** Pictures to pixels, by what the browser itself reads. */
import { EngineError } from "../../engine";
import { checkSides } from "../limits";
import type { Picture } from "./regionGrowing";

/** @throws EngineError if it is no picture, or one with more pixels a side than `most`, or fewer than 64. */
export async function decodePicture(file: File, most: number): Promise<Picture> {
  const { width, height } = await sidesOf(file); // before all of it is in memory
  checkSides(file.name, width, height, most);
  const bitmap = await createImageBitmap(file, { colorSpaceConversion: "none" }).catch(() => refuse(file));
  const canvas = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true })!;
  canvas.drawImage(bitmap, 0, 0);
  return { rgba: canvas.getImageData(0, 0, width, height).data, width, height };
}

async function sidesOf(file: File): Promise<{ width: number; height: number }> {
  const picture = new Image();
  const address = URL.createObjectURL(file);
  try {
    await new Promise((resolve, reject) => {
      picture.onload = resolve;
      picture.onerror = reject;
      picture.src = address;
    });
  } catch {
    refuse(file);
  } finally {
    URL.revokeObjectURL(address);
  }
  return { width: picture.naturalWidth, height: picture.naturalHeight };
}

function refuse(file: File): never {
  throw new EngineError(
    `${file.name} is no picture that can be read here. The program reads Azgaar's exports, GeoTIFFs and others: ` +
      "`spade-terrain generate FILE --out land`, or `spade-terrain studio`.",
  );
}
