/** A site without a server: what `spade-terrain studio --static` wrote beside the page. */
import { EngineError } from "../engine";
import { LocalEngine, type Site } from "./engine";
import { fetchLater } from "./fetching";
import type { Runs, Told } from "./runners";

const FORMAT = 3;
const RELOADED = "studio-isolated";
const PATIENCE = 3000; // milliseconds for a service worker to begin; some browsers let none

export async function openSite(address: URL, told: Told): Promise<LocalEngine> {
  await goOffline(new URL("offline.js", address));
  const site = await readSite(address);
  if (site.format !== FORMAT) throw new EngineError("This page and its model are of different versions; load it anew.");
  let rest = site.later;
  const runs = (what: Runs): void => {
    told.runs(what);
    if (navigator.serviceWorker?.controller) void fetchLater(rest, address.href);
    rest = [];
  };
  return new LocalEngine(site, address.href, { ...told, runs });
}

async function readSite(address: URL): Promise<Site & { format: number }> {
  const name = address.pathname;
  const answer = await fetch(address, { cache: "no-cache" }).catch(() => null);
  if (!answer) throw new EngineError(`${name} can't be loaded (no connection). Try again later.`);
  if (!answer.ok) throw new EngineError(`${name} can't be loaded (the host answered ${answer.status}).`);
  try {
    return (await answer.json()) as Site & { format: number };
  } catch {
    throw new EngineError(`${name} is damaged; whoever hosts this page has to write the site anew.`);
  }
}

/** Lets the service worker take over. The first time the page loads again, to be isolated, which threads take. */
async function goOffline(script: URL): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register(script);
    if (globalThis.crossOriginIsolated || sessionStorage.getItem(RELOADED)) return;
    const ready = navigator.serviceWorker.ready.then(() => true);
    const late = new Promise((resolve) => setTimeout(() => resolve(false), PATIENCE));
    if (!(await Promise.race([ready, late]))) return;
  } catch {
    return; // a browser that forbids them: the page works, on one thread and with the network
  }
  sessionStorage.setItem(RELOADED, "yes");
  location.reload();
  await new Promise(() => undefined); // nothing more on a page that goes
}
