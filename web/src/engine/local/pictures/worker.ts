/** A worker that reads one picture: the page goes on meanwhile. */
import { EngineError } from "../../engine";
import { labelsOfPicture } from "./picture";
import type { Asked, Told } from "./reading";

self.onmessage = ({ data }: MessageEvent<Asked>) => {
  let told: Told;
  try {
    told = labelsOfPicture(data.picture, data.colours);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    told = { why: error.message };
  }
  self.postMessage(told, "labels" in told ? { transfer: [told.labels.buffer] } : {});
};
