/** Calls to the server, and their failures in the words of `engine.ts`. */
import type { Store } from "../document/granted";
import { ContainerError } from "./container";
import { EngineAway, EngineError, Superseded } from "./engine";

export interface Session {
  token: string | null;
}

export interface SharedSession extends Session {
  /** Tells the other pages of this server its token, which has let this one in. */
  share(): void;
}

const TOKEN = "studio-token";

/**
 * The token that the page was opened with, kept for as long as its tab, and then taken out of the address. A server that
 * was started again has another one, which the page that it opens shares with those that are open still.
 *
 * @param renewed - is called when this page has been told of one.
 */
export function openSession(place: Location, tab: Store | null, past: History, renewed: () => void): SharedSession {
  const pages = new BroadcastChannel(TOKEN);
  const token = new URLSearchParams(place.hash.slice(1)).get("token");
  if (token && tab) {
    tab.setItem(TOKEN, token);
    past.replaceState(null, "", place.pathname + place.search);
  }
  const session: SharedSession = {
    token: token ?? tab?.getItem(TOKEN) ?? null,
    share: () => pages.postMessage(session.token),
  };
  pages.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
    if (typeof data !== "string" || data === session.token) return;
    session.token = data;
    tab?.setItem(TOKEN, data);
    renewed();
  });
  return session;
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

/** What the page calls the parameters that the server's messages name, where its users see them under another name. */
const NAMES: Record<string, string> = {
  detail: "“Detail”",
  playable_km: "“Width in the game”",
  vertical_scale: "“Heights times”",
};

/** A message of the server in the page's words. */
export const inWords = (said: string): string =>
  said.replace(/`(\w+)`/g, (whole, name: string) => NAMES[name] ?? whole);

async function errorIn(answer: Response): Promise<string | null> {
  try {
    const { error } = (await answer.json()) as { error?: unknown };
    return typeof error === "string" ? inWords(error) : null;
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
