/** Which engine a page has: a site without a server names itself in the page's head. */
import { granted } from "../document/granted";
import type { Engine } from "./engine";
import { openSession } from "./http";
import type { Told } from "./local/runners";
import { ServerEngine } from "./server";

export async function openEngine(page: Document, told: Told): Promise<Engine> {
  const site = page.querySelector<HTMLMetaElement>('meta[name="studio-site"]');
  if (!site)
    return new ServerEngine(
      openSession(
        location,
        granted(() => sessionStorage),
        history,
      ),
    );
  const { openSite } = await import("./local/site");
  return openSite(new URL(site.content, page.baseURI), told);
}
