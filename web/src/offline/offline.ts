/**
 * The service worker of a site without a server: what was loaded once is there without a network, and pages are isolated
 * from others, which is what browsers ask for before they allow threads. Plain hosts can't send those headers.
 */
export {}; // a module, so that `self` is its own
declare const self: ServiceWorkerGlobalScope;

const OURS = `studio ${self.registration.scope} `; // others of this host have caches of their own
const CACHE = `${OURS}__VERSION__`; // the site's version, filled in when it is written
const ISOLATED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      // Past what the browser itself keeps of the site before: these two belong together.
      .then((cache) => cache.addAll(["./", "site.json"].map((path) => new Request(path, { cache: "reload" }))))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || new URL(request.url).origin !== self.location.origin) return;
  if (request.mode === "navigate") event.waitUntil(forgetOthers());
  event.respondWith(answer(request));
});

async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const key = request.mode === "navigate" ? "./" : request;
  const kept = await cache.match(key, { ignoreSearch: request.mode === "navigate" });
  if (kept) return isolated(kept);
  const fresh = await fetch(request);
  // A page of the site before asks for files that the host has no more.
  if (fresh.status === 404) return isolated((await caches.match(request)) ?? fresh);
  // Where storage is full, pages go on with the network.
  if (fresh.status === 200) await cache.put(key, fresh.clone()).catch(() => undefined);
  return isolated(fresh);
}

/** What sites before this one kept stays for as long as a page of theirs may be open. */
async function forgetOthers(): Promise<void> {
  const pages = await self.clients.matchAll({ type: "window" });
  if (pages.length > 1) return; // one is the page that goes
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== CACHE).map((name) => caches.delete(name)));
}

function isolated(response: Response): Response {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(ISOLATED)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
