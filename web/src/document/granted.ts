/**
 * What browsers give some pages only: storage, where the user has not forbidden it; locks and names of one's own, where
 * the page came over HTTPS or from this machine. A studio of another machine comes over HTTP.
 */

export type Store = Pick<Storage, "getItem" | "setItem">;

/** Storage, or null where it is forbidden: there even looking at it throws. */
export function granted(look: () => Store): Store | null {
  try {
    return look();
  } catch {
    return null;
  }
}

export const locksOf = (browser: Navigator): LockManager | null => ("locks" in browser ? browser.locks : null);

/** A name that nobody else has; `crypto.randomUUID` is for secure pages alone. */
export function uniqueName(): string {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16).padStart(8, "0")).join("");
}
