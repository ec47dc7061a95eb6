/** Notices on this device while no console is open: its service worker, and what it subscribed to. */
import { defineStore } from "pinia"
import { ref } from "vue"
import { useRouter } from "vue-router"
import { notices as api } from "./api"
import { store, stored } from "./storage"

/** What this browser can: an iPhone can only once the console stands on its home screen. */
export type Ability = "able" | "install" | "insecure" | "unable"

const onApple = () => /iPhone|iPad/.test(navigator.userAgent) || (/Macintosh/.test(navigator.userAgent) && navigator.maxTouchPoints > 1)

export function abilityOf(browser: { secure: boolean; push: boolean; apple: boolean }): Ability {
  if (!browser.secure) return "insecure"
  if (browser.push) return "able"
  return browser.apple ? "install" : "unable"
}

const name = (operatorId: string) => `device.${operatorId}`
const isSame = (held: ArrayBuffer | null | undefined, key: string) => !!held && base64url(held) === key

export function base64url(bytes: ArrayBuffer) {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)))
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")
}

export const useDevice = defineStore("device", () => {
  const router = useRouter()
  const ability = abilityOf({
    secure: window.isSecureContext,
    push: "serviceWorker" in navigator && "PushManager" in window && "Notification" in window,
    apple: onApple(),
  })
  const permission = ref(ability === "able" ? Notification.permission : "denied")
  const on = ref(false)

  const registered = () => navigator.serviceWorker.register("/console/sw.js", { scope: "/console/" })

  /** Subscribe, and tell the desk; again is once. */
  async function subscribe() {
    await registered()
    const { pushManager } = await navigator.serviceWorker.ready
    const { server_key } = await api.read()
    let held = await pushManager.getSubscription()
    // The desk's key has changed: what was subscribed to with the old one is of no use.
    if (held && !isSame(held.options.applicationServerKey, server_key)) {
      await held.unsubscribe()
      held = null
    }
    held ??= await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: server_key })
    const { keys } = held.toJSON()
    await api.allow({ endpoint: held.endpoint, p256dh: keys!.p256dh!, auth: keys!.auth! })
    on.value = true
  }

  /** Asks for permission where it was never asked; false if it was not given. */
  async function allow(operatorId: string) {
    permission.value = await Notification.requestPermission()
    if (permission.value !== "granted") return false
    await subscribe()
    store(name(operatorId), true)
    return true
  }

  async function forget(operatorId: string) {
    store(name(operatorId), null)
    on.value = false
    const held = await (await navigator.serviceWorker.getRegistration("/console/"))?.pushManager.getSubscription()
    if (!held) return
    await api.forget(held.endpoint)
    await held.unsubscribe()
  }

  /** Whoever allowed it in this browser is told on from each start: the browser renews its address. */
  async function follow(operatorId: string) {
    on.value = false
    if (ability !== "able") return
    navigator.serviceWorker.addEventListener("message", heard)
    if (permission.value !== "granted" || !stored(name(operatorId), false)) return
    await subscribe().catch(() => undefined)
  }

  /** A notice was clicked while this console is open. */
  function heard(event: MessageEvent) {
    const path: unknown = event.data?.open
    if (typeof path === "string") void router.push(`/${path}`)
  }

  /** Through the service worker, if there is one. */
  async function show(title: string, about: NotificationOptions) {
    await (await navigator.serviceWorker?.getRegistration("/console/"))?.showNotification(title, about)
  }

  return { ability, permission, on, show, allow, forget, follow, tryOut: api.tryOut }
})
