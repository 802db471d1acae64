/** The worker that makes the page's terrain, with the one of onnxruntime-web's builds that it is told to take. */
import { fetchFiles } from "./fetching";
import { Generator } from "./generator";
import type { FromWorker, ToWorker } from "./protocol";
import type { Runtime } from "./runner";
import { selfCheck } from "./selfCheck";
import { type Order, Turns } from "./turns";

type Work = Extract<ToWorker, { type: "make" | "check" }> & Order;

const say = (message: FromWorker, transfer: Transferable[] = []): void => postMessage(message, { transfer });
const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const PAINTED = "main"; // the lane of the land that is shown beside the map

let generator: Promise<Generator> | null = null;

const turns = new Turns<Work>(
  async (work, pause) => {
    const { id } = work;
    try {
      if (work.type === "check") {
        say({ type: "checked", id, checked: await selfCheck(await generator!, work.check, work.choices) });
        return;
      }
      const { part, choices, window, lane } = work;
      const made = await (await generator!).window(part, choices, window, pause, lane === PAINTED);
      say({ type: "made", id, window: made }, [made.texture.buffer, made.heights.buffer, made.shaded.buffer]);
    } catch (error) {
      await pause(); // throws if it was dropped
      say({ type: "failed", id, why: words(error) });
    }
  },
  (id) => say({ type: "superseded", id }),
);

/** One of the builds: the script, and the addresses of the rest of it. The one for WebGPU is twice as large. */
async function load(runtime: Runtime) {
  if (runtime === "wasm") {
    const [ort, mjs, wasm] = await Promise.all([
      import("onnxruntime-web/wasm"),
      import("onnxruntime-web/ort-wasm-simd-threaded.mjs?url"),
      import("onnxruntime-web/ort-wasm-simd-threaded.wasm?url"),
    ]);
    return { ort, mjs: mjs.default, wasm: wasm.default };
  }
  const [ort, mjs, wasm] = await Promise.all([
    import("onnxruntime-web/webgpu"),
    import("onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url"),
    import("onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url"),
  ]);
  return { ort, mjs: mjs.default, wasm: wasm.default };
}

async function open({ base, model, runtime, threads }: Extract<ToWorker, { type: "open" }>): Promise<Generator> {
  const { ort, mjs, wasm } = await load(runtime);
  const address = (path: string): string => new URL(path, base).href;
  const binary = model.runtimes.find(({ path }) => address(path) === address(wasm))!;
  const loaded = await fetchFiles([binary, model.coarse, model.fine], base, (bytes, of) =>
    say({ type: "loading", bytes, of }),
  );
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = { mjs: address(mjs) };
  ort.env.wasm.wasmBinary = loaded[0]!.buffer as ArrayBuffer;
  // Errors alone are logged: that WebGPU leaves shapes to the processor is no news.
  const options = { executionProviders: [runtime], logSeverityLevel: 3 as const };
  // One after the other: the runtime opens one session at a time.
  const coarse = await ort.InferenceSession.create(loaded[1]!, options);
  const fine = await ort.InferenceSession.create(loaded[2]!, options);
  delete ort.env.wasm.wasmBinary; // it is compiled
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
    case "check":
      turns.add(data);
      break;
    case "drop":
      turns.drop(data.id);
  }
};
