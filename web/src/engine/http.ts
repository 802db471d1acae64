/** Calls to the server, and their failures in the words of `engine.ts`. */
import type { Store } from "../document/granted";
import { ContainerError } from "./container";
import { EngineAway, EngineError, Superseded } from "./engine";

export interface Session {
  token: string | null;
}

const TOKEN = "studio-token";

/** The token that the page was opened with, kept for as long as its tab, and then taken out of the address. */
export function openSession(place: Location, tab: Store | null, past: History): Session {
  const token = new URLSearchParams(place.hash.slice(1)).get("token");
  if (token && tab) {
    tab.setItem(TOKEN, token);
    past.replaceState(null, "", place.pathname + place.search);
  }
  return { token: token ?? tab?.getItem(TOKEN) ?? null };
}

/** @throws EngineAway, EngineError, Superseded, or what the signal was aborted with. */
export async function call(session: Session, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (session.token) headers.set("X-Studio-Token", session.token);
  let answer: Response;
  try {
    answer = await fetch(`/api/${path}`, { ...init, headers });
  } catch (error) {
    throw failed(error, init.signal);
  }
  if (answer.ok) return answer;
  const said = await errorIn(answer);
  if (answer.status === 409 && said === "superseded") throw new Superseded("a newer request took its place");
  throw new EngineError(said ?? `The server answered ${answer.status} to ${path}; see what it printed.`);
}

async function errorIn(answer: Response): Promise<string | null> {
  try {
    const { error } = (await answer.json()) as { error?: unknown };
    return typeof error === "string" ? error : null;
  } catch {
    return null;
  }
}

/** What a call that broke off is to its caller. */
export function failed(error: unknown, signal?: AbortSignal | null): Error {
  if (signal?.aborted) return signal.reason as Error;
  if (error instanceof ContainerError || error instanceof SyntaxError) {
    return new EngineError(
      `The server's answer can't be read: ${error.message}. Is it of the same version as this page?`,
    );
  }
  return new EngineAway(
    "The studio's server does not answer. Start it again with `spade-terrain studio`; nothing is lost.",
  );
}
