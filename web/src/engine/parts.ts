/** Parts of the page that are fetched when they are first of use: by then its host may be away, or have a newer page. */
import { EngineError } from "./engine";

/** @param what - what the part does, as the message begins if it can't be loaded: "What enlarges maps". */
export function partOfPage<T>(what: string, part: Promise<T>): Promise<T> {
  return part.catch((error: unknown) => {
    throw new EngineError(`${what} can't be loaded. Save the project, then load the page again.`, { cause: error });
  });
}
