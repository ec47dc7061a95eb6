// @ts-check
/// <reference lib="webworker" />
/** Shows notices while no console is open. It caches nothing: a page is always the server's. */
const worker = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self))

worker.addEventListener("install", () => void worker.skipWaiting())
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()))

worker.addEventListener("push", (event) => event.waitUntil(show(event.data?.json() ?? {})))

/** @param {{title?: string, body?: string, tag?: string, path?: string, language?: string, receipt?: string}} letter */
async function show({ title = "Liniya", body, tag, path, language, receipt }) {
  await worker.registration.showNotification(title, {
    body,
    tag,
    lang: language,
    icon: "/console/icon-192.png",
    badge: "/console/badge-96.png",
    data: { path },
    ...(tag && { renotify: true }),
  })
  // Only now can the desk know that whoever has this device is reached by it.
  if (receipt) await send("/api/v1/notices/shown", { receipt }).catch(() => undefined)
}

worker.addEventListener("notificationclick", (event) => {
  event.notification.close()
  event.waitUntil(open(event.notification.data?.path ?? ""))
})

/** In the console that is open already, or in a new one. @param {string} path */
async function open(path) {
  const consoles = await worker.clients.matchAll({ type: "window", includeUncontrolled: true })
  const shown = consoles.find((one) => one.url.startsWith(worker.registration.scope))
  if (!shown) return worker.clients.openWindow(worker.registration.scope + path)
  shown.postMessage({ open: path })
  return shown.focus().catch(() => undefined)
}

/** @param {string} path @param {object} body */
const send = (path, body) =>
  fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) })
