/** Files of the site, with progress. */
import type { SiteFile } from "./protocol";

/** @throws Error in words for the user if one can't be had, or is not as it was written. */
export async function fetchFiles(
  files: SiteFile[],
  base: string,
  onProgress: (bytes: number, of: number) => void,
): Promise<Uint8Array[]> {
  const of = files.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  return Promise.all(
    files.map((file) =>
      fetchFile(file, base, (bytes) => {
        done += bytes;
        onProgress(done, of);
      }),
    ),
  );
}

async function fetchFile(file: SiteFile, base: string, onBytes: (bytes: number) => void): Promise<Uint8Array> {
  const whole = new Uint8Array(file.bytes);
  let at = 0;
  try {
    if (!file.integrity) throw new Error("site.json has no hash of it");
    // Asked anew: another site's file of this name may be what the browser has kept.
    const answer = await fetch(new URL(file.path, base), { integrity: file.integrity, cache: "no-cache" });
    if (!answer.ok) throw new Error(`the host answered ${answer.status}`);
    const reader = answer.body!.getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      if (at + piece.value.length > file.bytes) throw new Error("it is too long");
      whole.set(piece.value, at);
      at += piece.value.length;
      onBytes(piece.value.length);
    }
    if (at < file.bytes) throw new Error("it was cut short");
  } catch (error) {
    // Browsers give no reason, neither for a host that is away nor for a wrong hash.
    const why = error instanceof TypeError ? "no connection, or not as it was written" : (error as Error).message;
    throw new Error(`${file.path} can't be loaded (${why}). Check the connection, then load the page again.`, {
      cause: error,
    });
  }
  return whole;
}

/** Loads what may be wanted later, one after another, for the service worker to keep. */
export async function fetchLater(paths: string[], base: string): Promise<void> {
  for (const path of paths) await fetch(new URL(path, base)).catch(() => undefined); // what is wanted is asked for again
}
