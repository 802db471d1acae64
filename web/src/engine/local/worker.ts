/** The worker that makes the page's terrain: onnxruntime-web's WebAssembly, on as many threads as the page may have. */
import * as ort from "onnxruntime-web/wasm";
import glue from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import wasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { fetchFiles } from "./fetching";
import { Generator } from "./generator";
import type { FromWorker, ToWorker } from "./protocol";
import { type Order, Turns } from "./turns";

type Make = Extract<ToWorker, { type: "make" }> & Order;

const say = (message: FromWorker, transfer: Transferable[] = []): void => postMessage(message, { transfer });
const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));

let generator: Promise<Generator> | null = null;

const turns = new Turns<Make>(
  async ({ id, part, choices, window }, pause) => {
    try {
      const made = await (await generator!).window(part, choices, window, pause);
      say({ type: "made", id, window: made }, [made.texture.buffer, made.heights.buffer, made.shaded.buffer]);
    } catch (error) {
      await pause(); // throws if it was dropped
      say({ type: "failed", id, why: words(error) });
    }
  },
  (id) => say({ type: "superseded", id }),
);

async function open({ base, model, threads }: Extract<ToWorker, { type: "open" }>): Promise<Generator> {
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = { mjs: new URL(glue, base).href, wasm: new URL(wasm, base).href };
  const files = [model.coarse, model.fine];
  const loaded = await fetchFiles(files, base, (bytes, of) => say({ type: "loading", bytes, of }));
  // One after the other: the runtime opens one session at a time.
  const coarse = await ort.InferenceSession.create(loaded[0]!);
  const fine = await ort.InferenceSession.create(loaded[1]!);
  return new Generator(model.card, model.step, coarse, fine, (data, shape) => new ort.Tensor("float32", data, shape));
}

onmessage = ({ data }: MessageEvent<ToWorker>) => {
  switch (data.type) {
    case "open":
      generator = open(data);
      generator.then(
        () => say({ type: "opened" }),
        (error: unknown) => say({ type: "closed", why: words(error) }),
      );
      break;
    case "make":
      turns.add(data);
      break;
    case "drop":
      turns.drop(data.id);
  }
};
