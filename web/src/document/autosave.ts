/** Work kept in the browser (IndexedDB): across reload, crash and a server that starts again. One entry a page. */
import type { Carving, Choices, PaintedMap } from "../engine/engine";
import { type Store, uniqueName } from "./granted";

const DATABASE = "spade-terrain-studio";
const STORE = "work";
const KEPT = 5; // entries that are kept, the latest

export interface SavedWork extends PaintedMap {
  id: string;
  /** Milliseconds since 1970. */
  savedAt: number;
  name: string;
  choices: Choices;
  carving: Carving;
}

function finished<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser's storage failed"));
  });
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("the browser's storage is full"));
  });
}

export class Autosave {
  private constructor(private readonly database: IDBDatabase) {}

  static async open(factory: IDBFactory): Promise<Autosave> {
    const request = factory.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    return new Autosave(await finished(request));
  }

  /** Whole or not at all: a page that dies midway leaves what was there before. */
  async save(work: SavedWork): Promise<void> {
    const transaction = this.database.transaction(STORE, "readwrite");
    transaction.objectStore(STORE).put(work);
    transaction.commit(); // now: a page that is left does not live to see that all was put
    await committed(transaction);
  }

  load(id: string): Promise<SavedWork | undefined> {
    return finished<SavedWork | undefined>(this.database.transaction(STORE).objectStore(STORE).get(id));
  }

  /** All that is kept, the latest first; what is older than that is let go. */
  async latest(): Promise<SavedWork[]> {
    const transaction = this.database.transaction(STORE, "readwrite");
    const store = transaction.objectStore(STORE);
    const all = await finished<SavedWork[]>(store.getAll());
    all.sort((a, b) => b.savedAt - a.savedAt);
    for (const old of all.slice(KEPT)) store.delete(old.id);
    await committed(transaction);
    return all.slice(0, KEPT);
  }
}

/**
 * The work that this tab goes on with, its own before a reload or the latest that no other tab has open, and the id to
 * save under. A lock that lives as long as the tab says which work is open; where there are no locks nobody knows, so that
 * a new tab goes on with a copy.
 */
export async function claimWork(
  saves: Autosave,
  tab: Store | null,
  locks: LockManager | null,
): Promise<{ id: string; work: SavedWork | null }> {
  const own = tab?.getItem("work");
  const kept = await saves.latest();
  if (!locks) {
    const work = kept.find(({ id }) => id === own);
    const id = work?.id ?? uniqueName();
    tab?.setItem("work", id);
    return { id, work: work ?? kept[0] ?? null };
  }
  const candidates = [...kept.filter(({ id }) => id === own), ...kept.filter(({ id }) => id !== own)];
  for (const work of candidates) {
    if (!(await holdLock(locks, work.id))) continue;
    tab?.setItem("work", work.id);
    return { id: work.id, work };
  }
  const id = uniqueName();
  await holdLock(locks, id);
  tab?.setItem("work", id);
  return { id, work: null };
}

function holdLock(locks: LockManager, id: string): Promise<boolean> {
  return new Promise((resolve) => {
    void locks.request(`studio-work-${id}`, { ifAvailable: true }, (lock) => {
      resolve(lock !== null);
      return lock === null ? undefined : new Promise<void>(() => undefined);
    });
  });
}
