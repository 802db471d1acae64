/** Which engine a page has: a site without a server names itself in the page's head. */
import { granted } from "../document/granted";
import type { Engine } from "./engine";
import { openSession } from "./http";
import type { Told } from "./local/runners";
import { ServerEngine } from "./server";

/** @param renewed - is called when the server has been started again, and another page has been let in. */
export async function openEngine(page: Document, told: Told, renewed: () => void): Promise<Engine> {
  const site = page.querySelector<HTMLMetaElement>('meta[name="studio-site"]');
  if (!site) {
    const tab = granted(() => sessionStorage);
    const session = openSession(location, tab, history, renewed);
    const engine = new ServerEngine(session);
    void engine.capabilities().then(
      () => session.share(),
      () => undefined, // the page says so
    );
    return engine;
  }
  const { openSite } = await import("./local/site");
  return openSite(new URL(site.content, page.baseURI), told);
}
