/** A picture to labels, in a worker: a JPEG of 2,048 x 2,048 pixels takes two seconds. */
import { EngineError } from "../../engine";
import type { Picture, Rgb } from "./regionGrowing";

export interface Read {
  labels: Uint8Array<ArrayBuffer>;
  /** What was not as it should be, in words. */
  notes: string[];
}

export interface Asked {
  picture: Picture;
  colours: readonly Rgb[];
}

export type Told = Read | { why: string };

/** @throws EngineError if the picture is no map in these colours. */
export async function readPicture(picture: Picture, colours: readonly Rgb[]): Promise<Read> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  try {
    const told = await new Promise<Told>((resolve, reject) => {
      worker.onerror = () =>
        reject(new EngineError("What reads pictures can't be loaded. Load the page again, or use a newer browser."));
      worker.onmessage = ({ data }: MessageEvent<Told>) => resolve(data);
      worker.postMessage({ picture, colours } satisfies Asked, [picture.rgba.buffer]);
    });
    if ("why" in told) throw new EngineError(told.why);
    return told;
  } finally {
    worker.terminate();
  }
}
