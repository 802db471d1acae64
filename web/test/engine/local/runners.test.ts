import { afterEach, expect, test, vi } from "vitest";
import { Runners, type Runs } from "../../../src/engine/local/runners";
import type { FromWorker, ModelFiles, ToWorker } from "../../../src/engine/local/protocol";
import type { Checked, SelfCheck } from "../../../src/engine/local/selfCheck";

const CHECK: SelfCheck = { cells: ["0"], cell: 8, heights: [0], texture: [0, 0, 0] };
const CHOICES = { seed: 1, style: {}, texture: "atlas" };

afterEach(() => vi.unstubAllGlobals());

/** Workers that make of the check what is given; without a check WebGPU can't be opened. */
function browser(checked: { wasm: Checked; webgpu?: Checked }): void {
  class Fake {
    onmessage!: (event: { data: FromWorker }) => void;
    private runtime!: "wasm" | "webgpu";
    postMessage(message: ToWorker): void {
      const say = (data: FromWorker): void => void setTimeout(() => this.onmessage({ data }));
      if (message.type === "open") {
        this.runtime = message.runtime;
        say(checked[this.runtime] ? { type: "opened" } : { type: "closed", why: "out of memory" });
      } else if (message.type === "check") {
        say({ type: "checked", id: message.id, checked: checked[this.runtime]! });
      }
    }
    terminate(): void {
      this.onmessage = () => undefined;
    }
  }
  vi.stubGlobal("Worker", Fake);
  vi.stubGlobal("navigator", { hardwareConcurrency: 2, gpu: { requestAdapter: () => Promise.resolve({}) } });
  vi.stubGlobal("crossOriginIsolated", true);
}

async function chosen(checked: { wasm: Checked; webgpu?: Checked }): Promise<{ runtime: string; told: Runs }> {
  browser(checked);
  const told: Runs[] = [];
  const runners = new Runners("http://127.0.0.1/", {} as ModelFiles, CHECK, CHOICES, {
    loading: () => undefined,
    runs: (what) => told.push(what),
  });
  await runners.current();
  await vi.waitUntil(() => told.length === 2);
  return { runtime: (await runners.current()).runtime, told: told[1]! };
}

const slow = { off: 0, milliseconds: 100 };

test("WebGPU is used where it makes the same, and sooner", async () => {
  const { runtime, told } = await chosen({ wasm: slow, webgpu: { off: 9e-4, milliseconds: 10 } });
  expect(runtime).toBe("webgpu");
  expect(told.short).toBe("WebGPU");
});

test.each([
  [{ off: 2e-3, milliseconds: 10 }, "has not passed its self-test"],
  [{ off: NaN, milliseconds: 10 }, "has not passed its self-test"],
  [{ off: 0, milliseconds: 200 }, "is slower here"],
  [undefined, "can't be used: out of memory"],
])("else WebAssembly is, and the page says why", async (webgpu, why) => {
  const { runtime, told } = await chosen({ wasm: slow, ...(webgpu && { webgpu }) });
  expect(runtime).toBe("wasm");
  expect(told.words).toContain(why);
  expect(told.short).toBe("2 threads");
});
