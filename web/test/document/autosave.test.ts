import { IDBFactory } from "fake-indexeddb";
import { expect, it } from "vitest";
import { Autosave, claimWork, type SavedWork } from "../../src/document/autosave";

const work = (id: string, savedAt: number): SavedWork => ({
  id,
  savedAt,
  name: id,
  choices: { seed: 1, style: {}, texture: "atlas" },
  carving: { detail: 4 },
  width: 2,
  height: 1,
  labels: Uint8Array.of(1, 2),
  guide: null,
});

function tab(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  } as Storage;
}

/** Locks of one browser; every tab holds what it got for ever. */
function locks(): LockManager {
  const held = new Set<string>();
  return {
    request: (name: string, _options: LockOptions, got: (lock: Lock | null) => unknown) => {
      const free = !held.has(name);
      held.add(name);
      return Promise.resolve(got(free ? ({ name } as Lock) : null));
    },
  } as unknown as LockManager;
}

it("keeps work across a reload, and the five latest", async () => {
  const factory = new IDBFactory();
  const first = await Autosave.open(factory);
  for (let at = 0; at < 7; at++) await first.save(work(`w${at}`, at));
  const again = await Autosave.open(factory);
  expect((await again.load("w6"))?.labels).toEqual(Uint8Array.of(1, 2));
  expect((await again.latest()).map(({ id }) => id)).toEqual(["w6", "w5", "w4", "w3", "w2"]);
  expect(await again.load("w0")).toBeUndefined();
});

it("goes on with a tab's own work, else with the latest that is not open", async () => {
  const saves = await Autosave.open(new IDBFactory());
  await saves.save(work("older", 1));
  await saves.save(work("latest", 2));
  const browser = locks();
  const reloaded = tab();
  reloaded.setItem("work", "older");
  expect((await claimWork(saves, reloaded, browser)).id).toBe("older");
  const second = tab();
  expect((await claimWork(saves, second, browser)).work?.name).toBe("latest");
  expect(second.getItem("work")).toBe("latest");
  const third = await claimWork(saves, tab(), browser);
  expect(third.work).toBeNull();
  expect(["older", "latest"]).not.toContain(third.id);
});

it("without locks goes on with a tab's own work, and in another tab with a copy", async () => {
  const saves = await Autosave.open(new IDBFactory());
  await saves.save(work("older", 1));
  await saves.save(work("latest", 2));
  const reloaded = tab();
  reloaded.setItem("work", "older");
  expect((await claimWork(saves, reloaded, null)).id).toBe("older");
  const second = tab();
  const copy = await claimWork(saves, second, null);
  expect(copy.work?.name).toBe("latest");
  expect(["older", "latest"]).not.toContain(copy.id);
  expect(second.getItem("work")).toBe(copy.id);
  expect((await claimWork(saves, null, null)).work?.name).toBe("latest");
});
