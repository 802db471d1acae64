import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MapDocument } from "../../src/document/document";
import { decode, encode, take } from "../../src/engine/container";
import { EngineAway, EngineError, Superseded } from "../../src/engine/engine";
import { openSession } from "../../src/engine/http";
import { ServerEngine } from "../../src/engine/server";
import { MODEL } from "../mock/server";

interface Call {
  path: string;
  init: RequestInit;
}
let calls: Call[];
let answers: Record<string, () => Response | Promise<Response>>;

beforeEach(() => {
  calls = [];
  answers = { "/api/model": () => Response.json(MODEL) };
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    calls.push({ path, init });
    return Promise.resolve(answers[path]!());
  });
});
afterEach(() => vi.unstubAllGlobals());

const choices = { seed: 3, style: {}, texture: "atlas" };
const signal = () => new AbortController().signal;
const binary = (what: Parameters<typeof encode>[0]) => new Response(encode(what));

function aWindow(x: number, y: number): Response {
  return binary({
    header: { x, y, width: 1, height: 1 },
    arrays: {
      texture: { shape: [1, 1, 3], data: Uint8Array.of(1, 2, 3) },
      height: { shape: [1, 1], data: Float32Array.of(12.5) },
      shaded: { shape: [1, 1, 3], data: Uint8Array.of(4, 5, 6) },
    },
  });
}

it("sends a window with the map within the halo around it, and no more", async () => {
  answers["/api/terrain"] = () => aWindow(600, 600);
  const map = new MapDocument(1024, 1024);
  map.labels[500 * 1024 + 520] = 5;
  const engine = new ServerEngine({ token: "secret" });
  const window = { x: 600, y: 600, width: 32, height: 32 };
  const made = await engine.generate(map, choices, window, "main", signal());
  expect(made.heights[0]).toBe(12.5);
  const { init } = calls.at(-1)!;
  expect(new Headers(init.headers).get("X-Studio-Token")).toBe("secret");
  const sent = decode((init.body as Uint8Array).slice().buffer as ArrayBuffer);
  expect(sent.header).toMatchObject({
    window,
    origin: { x: 512, y: 512 },
    map: { width: 1024, height: 1024 },
    seed: 3,
  });
  expect(sent.arrays["labels"]!.shape).toEqual([192, 192]);
});

it("counts turns up, by lane", async () => {
  answers["/api/terrain"] = () => aWindow(0, 0);
  const engine = new ServerEngine({ token: null });
  const map = new MapDocument(64, 64);
  for (const lane of ["main", "main", "others"]) await engine.generate(map, choices, map.bounds, lane, signal());
  const sent = calls.slice(1).map(({ init }) => decode((init.body as Uint8Array).slice().buffer as ArrayBuffer).header);
  expect(sent[1]!["turn"]).toBeGreaterThan(sent[0]!["turn"] as number);
  expect(sent[1]!["client"]).toBe(sent[0]!["client"]);
  expect(sent[2]!["client"]).not.toBe(sent[0]!["client"]);
});

it("tells failures apart", async () => {
  const engine = new ServerEngine({ token: null });
  const map = new MapDocument(64, 64);
  const ask = () => engine.generate(map, choices, map.bounds, "main", signal());
  answers["/api/terrain"] = () => Response.json({ error: "superseded" }, { status: 409 });
  await expect(ask()).rejects.toThrow(Superseded);
  answers["/api/terrain"] = () => Response.json({ error: "the map is too large; shrink it" }, { status: 413 });
  await expect(ask()).rejects.toThrow(new EngineError("the map is too large; shrink it"));
  const scale = "`playable_km` is 7e9; use `numbers` up to 100,000";
  answers["/api/terrain"] = () => Response.json({ error: scale }, { status: 400 });
  await expect(ask()).rejects.toThrow("“Width in the game” is 7e9; use `numbers` up to 100,000");
  answers["/api/terrain"] = () => new Response("<html>", { status: 502 });
  await expect(ask()).rejects.toThrow("502");
  answers["/api/terrain"] = () => Promise.reject(new TypeError("Failed to fetch"));
  await expect(ask()).rejects.toThrow(EngineAway);
  answers["/api/terrain"] = () => new Response("not a container");
  await expect(ask()).rejects.toThrow("can't be read");
});

it("follows an export to its ZIP, and frees it", async () => {
  const states = [
    { state: "working", done: 1, of: 2, doing: "mesh.glb", error: null },
    { state: "done", done: 2, of: 2, doing: "terrain.zip", error: null },
  ];
  answers["/api/export"] = () => Response.json({ job: "a b" }, { status: 202 });
  answers["/api/export/a%20b"] = () => Response.json(states.length > 1 ? states.shift() : states[0]);
  answers["/api/export/a%20b/zip"] = () => new Response("PK");
  const seen: string[] = [];
  const order = { formats: ["glb"], presets: [], options: {} };
  const engine = new ServerEngine({ token: null });
  const zip = await engine.exportZip(
    new MapDocument(64, 64),
    choices,
    order,
    ({ doing }) => seen.push(doing),
    signal(),
  );
  expect(await zip.text()).toBe("PK");
  expect(seen).toEqual(["mesh.glb", "terrain.zip"]);
  expect(calls.at(-1)).toMatchObject({ path: "/api/export/a%20b", init: { method: "DELETE" } });
});

it("follows carving to its land, and frees it", async () => {
  const states = [
    { state: "working", done: 40, of: 100, doing: "carving", error: null, seconds_left: 7.5 },
    { state: "done", done: 100, of: 100, doing: null, error: null },
  ];
  const bytes = (shape: number[], value: number) => ({
    shape,
    data: new Uint8Array(shape.reduce((a, b) => a * b)).fill(value),
  });
  const rivers = [
    {
      line: [
        [0.5, 0.5],
        [1, 1],
      ],
      order: 2,
      area: 10,
      discharge: 5,
      width: 11,
    },
  ];
  answers["/api/detail"] = () => Response.json({ job: "7" }, { status: 202 });
  answers["/api/detail/7"] = () => Response.json(states.length > 1 ? states.shift() : states[0]);
  answers["/api/detail/7/terrain"] = () =>
    binary({
      header: { width: 4, height: 2, detail: 2, gsd: 1000, lakes: [], rivers },
      arrays: {
        texture: bytes([2, 4, 3], 1),
        shaded: bytes([2, 4, 3], 2),
        height: { shape: [2, 4], data: new Float32Array(8).fill(50) },
        labels: bytes([2, 4], 3),
        water: bytes([2, 4], 1),
        rivers: bytes([2, 4], 200),
      },
    });
  const seen: unknown[] = [];
  const carving = { detail: 2, draw_rivers: false };
  const land = await new ServerEngine({ token: null }).carve(
    new MapDocument(2, 1),
    choices,
    carving,
    (progress) => seen.push(progress),
    signal(),
  );
  expect(land).toMatchObject({ width: 4, height: 2, detail: 2, reaches: rivers });
  expect([land.heights[7], land.water[7], land.rivers[7], land.labels[7]]).toEqual([50, 1, 200, 3]);
  expect(seen[0]).toEqual({ done: 40, of: 100, doing: "carving", secondsLeft: 7.5 });
  const sent = decode((calls[0]!.init.body as Uint8Array).slice().buffer as ArrayBuffer).header;
  expect(sent).toMatchObject({ seed: 3, detail: 2, draw_rivers: false, width: 2, height: 1 });
  expect(sent["client"]).toEqual(expect.any(String));
  expect(calls.at(-1)).toMatchObject({ path: "/api/detail/7", init: { method: "DELETE" } });
});

it("ends a failed export with the server's words, and a cancelled one at once", async () => {
  const order = { formats: ["exr"], presets: [], options: {} };
  const engine = new ServerEngine({ token: null });
  const map = new MapDocument(64, 64);
  answers["/api/export"] = () => Response.json({ job: "1" }, { status: 202 });
  answers["/api/export/1"] = () =>
    Response.json({ state: "failed", done: 0, of: 1, doing: "terrain.zip", error: "install OpenEXR" });
  await expect(engine.exportZip(map, choices, order, () => undefined, signal())).rejects.toThrow("install OpenEXR");
  answers["/api/export/1"] = () => Response.json({ state: "working", done: 0, of: 1, doing: "x", error: null });
  const abort = new AbortController();
  const running = engine.exportZip(map, choices, order, () => abort.abort(), abort.signal);
  await expect(running).rejects.toThrow("abort");
  expect(calls.at(-1)!.init.method).toBe("DELETE");
});

it("frees a job that was cancelled before its name was known", async () => {
  const order = { formats: ["exr"], presets: [], options: {} };
  const engine = new ServerEngine({ token: null });
  let begin = (): void => undefined;
  answers["/api/export"] = () =>
    new Promise((resolve) => (begin = () => resolve(Response.json({ job: "1" }, { status: 202 }))));
  answers["/api/export/1"] = () => new Response(null, { status: 204 });
  const abort = new AbortController();
  const running = engine.exportZip(new MapDocument(64, 64), choices, order, () => undefined, abort.signal);
  abort.abort();
  await expect(running).rejects.toThrow("abort");
  begin();
  await vi.waitFor(() => expect(calls.at(-1)).toMatchObject({ path: "/api/export/1", init: { method: "DELETE" } }));
});

it("imports a file at its own size, under its name", async () => {
  const labels = { shape: [2, 3], data: new Uint8Array(6) };
  answers["/api/import"] = () => binary({ header: { name: "Köln.map", notes: ["so"] }, arrays: { labels } });
  const map = await new ServerEngine({ token: null }).importMap(new File(["x"], "Köln.map"));
  expect(map).toMatchObject({ width: 3, height: 2, name: "Köln.map", notes: ["so"], guide: null });
  expect(new Headers(calls.at(-1)!.init.headers).get("X-File-Name")).toBe("K%C3%B6ln.map");
});

it("keeps the ground scale that a map brings along, and says which model a project was made with", async () => {
  const labels = { shape: [64, 64], data: new Uint8Array(64 * 64) };
  answers["/api/import"] = () => binary({ header: { name: "a.json", notes: [], gsd: 3219 }, arrays: { labels } });
  answers["/api/terrain"] = () => aWindow(0, 0);
  answers["/api/project"] = () => new Response("PK");
  const engine = new ServerEngine({ token: null });
  const map = MapDocument.of(await engine.importMap(new File(["x"], "a.json"))).copy();
  expect(map.gsd).toBe(3219);
  const header = () => decode((calls.at(-1)!.init.body as Uint8Array).slice().buffer as ArrayBuffer).header;
  await engine.generate(map, choices, map.bounds, "main", signal());
  expect(header()).toMatchObject({ gsd: 3219 });
  await engine.saveProject(map, choices, {});
  expect(header()).toMatchObject({ gsd: 3219, model: MODEL.name });
  const project = { seed: 1, style: {}, texture: "atlas", gsd: 500, model: "elder", settings: {} };
  answers["/api/project/open"] = () => binary({ header: project, arrays: { labels } });
  const open = () => engine.openProject(new File([], "b.spadeproj"));
  expect(await open()).toMatchObject({ gsd: 500, model: "elder" });
  // 2 ** 64 - 1 would silently be another seed.
  answers["/api/project/open"] = () => binary({ header: { ...project, seed: 2 ** 64 }, arrays: { labels } });
  await expect(open()).rejects.toThrow(/b\.spadeproj has more digits/);
});

it("reads a guide of any resolution", async () => {
  const guide = { shape: [1, 2], data: Float32Array.of(100, NaN) };
  const labels = { shape: [16, 32], data: new Uint8Array(512) };
  answers["/api/project/open"] = () =>
    binary({ header: { seed: 1, style: {}, texture: "atlas" }, arrays: { labels, guide } });
  const opened = await new ServerEngine({ token: null }).openProject(new File([], "a.spadeproj"));
  expect(opened.guide).toEqual(Float32Array.of(100, 100, NaN, NaN, 100, 100, NaN, NaN));
  expect(take({ header: {}, arrays: { labels } }, "labels", Uint8Array)).toEqual(opened.labels);
});

it("asks for the model again after it could not be had", async () => {
  const engine = new ServerEngine({ token: null });
  answers["/api/model"] = () => Promise.reject(new TypeError("Failed to fetch"));
  await expect(engine.capabilities()).rejects.toThrow(EngineAway);
  answers["/api/model"] = () => Response.json(MODEL);
  expect((await engine.capabilities()).name).toBe("stand-in");
});

it("keeps the token for the tab and takes it out of the address", () => {
  const kept = new Map<string, string>();
  const tab = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  };
  const past = { replaceState: vi.fn() };
  const open = (hash: string) =>
    openSession(
      { hash, pathname: "/", search: "" } as Location,
      tab as unknown as Storage,
      past as unknown as History,
      vi.fn(),
    );
  expect(open("#token=abc").token).toBe("abc");
  expect(past.replaceState).toHaveBeenCalledWith(null, "", "/");
  // Where nothing can be kept it stays in the address, for the next reload.
  const place = { hash: "#token=xyz", pathname: "/", search: "" } as Location;
  expect(openSession(place, null, past as unknown as History, vi.fn()).token).toBe("xyz");
  expect(past.replaceState).toHaveBeenCalledTimes(1);
  expect(open("").token).toBe("abc");
});
