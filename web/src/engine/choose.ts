/** Which engine a page has: a site without a server names itself in the page's head. */
import type { Engine } from "./engine";
import { openSession } from "./http";
import { ServerEngine } from "./server";

/** @param onLoading - is told how much has been loaded of what the engine takes, where that is anything. */
export async function openEngine(page: Document, onLoading: (bytes: number, of: number) => void): Promise<Engine> {
  const site = page.querySelector<HTMLMetaElement>('meta[name="studio-site"]');
  if (!site) return new ServerEngine(openSession(location, sessionStorage, history));
  const { openSite } = await import("./local/site");
  return openSite(new URL(site.content, page.baseURI), onLoading);
}
