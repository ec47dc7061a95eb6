/** Sound, title and desktop notices for what needs this operator. */
import { defineStore } from "pinia"
import { computed, ref, watch } from "vue"
import { useRouter } from "vue-router"
import type { ConversationView, ListName } from "./api/shapes"
import { useDesk } from "./desk"
import { useDevice } from "./device"
import { t } from "./language"
import { offersTo } from "./lists"
import { muted } from "./preferences"
import { type Alarm, alarmIn, type Reason, reasonToRing, returnedBy } from "./ringing"
import { tick } from "./time"
import { survivorOf } from "./together"
import { say } from "./ui/toasts"
import { nameOf } from "./words"

const notes: Record<Reason, number[]> = { arrived: [659, 880, 1109], wrote: [784, 988] }

export const useBell = defineStore("bell", () => {
  const desk = useDesk()
  const router = useRouter()
  const device = useDevice()
  let audio: AudioContext | null = null
  const unlocked = ref(false)
  const permission = ref(typeof Notification === "undefined" ? "denied" : Notification.permission)
  const focused = ref(document.hasFocus())
  let leads = false
  let follows = false

  /** Browsers keep pages silent until a person has touched them. */
  async function unlock() {
    if (!navigator.userActivation.hasBeenActive) return
    audio ??= new AudioContext()
    await audio.resume()
    unlocked.value = audio.state === "running"
    if (unlocked.value) for (const name of touches) window.removeEventListener(name, touched)
  }

  const touches = ["click", "keydown"] as const
  const touched = () => void unlock()

  function ring(reason: Reason) {
    if (!audio || audio.state !== "running") return
    const start = audio.currentTime
    notes[reason].forEach((pitch, index) => {
      const tone = audio!.createOscillator()
      const gain = audio!.createGain()
      const at = start + index * 0.11
      tone.frequency.value = pitch
      gain.gain.setValueAtTime(0, at)
      gain.gain.linearRampToValueAtTime(0.16, at + 0.015)
      gain.gain.exponentialRampToValueAtTime(0.0008, at + 0.42)
      tone.connect(gain).connect(audio!.destination)
      tone.start(at)
      tone.stop(at + 0.45)
    })
  }

  async function test() {
    await unlock()
    ring("arrived")
  }

  async function askPermission() {
    permission.value = await Notification.requestPermission()
  }

  const open = (row: ConversationView, list: ListName) =>
    router.push({ name: "conversations", params: { list, id: row.id } })

  function notify(title: string, row: ConversationView, list: ListName) {
    if (permission.value !== "granted" || focused.value) return
    try {
      const notice = new Notification(title, { body: nameOf(row), tag: row.id, icon: "" })
      notice.onclick = () => {
        window.focus()
        void open(row, list)
        notice.close()
      }
    } catch {
      // Telephones show what a service worker shows, and nothing of pages.
      void device.show(title, { body: nameOf(row), tag: row.id, data: { path: `conversations/${list}/${row.id}` } })
    }
  }

  /** Those who supervise are told also where they look at something else. */
  function alarm(what: Alarm, row: ConversationView) {
    const text = t(`conversations.alarm_${what}`, { name: nameOf(row) })
    say(text, { kind: "problem", action: { label: t("common.show"), act: () => void open(row, "all") } })
    if (leads) notify(text, row, "all")
  }

  function returned(refuser: string, row: ConversationView) {
    const who = desk.known.operators.get(refuser)?.name ?? t("common.somebody")
    const action = { label: t("common.show"), act: () => void open(row, "mine") }
    say(t("conversations.returned_now", { who, name: nameOf(row) }), { kind: "problem", action })
  }

  /** How many conversations wait for this operator: for an answer, or to be accepted. */
  const waiting = computed(() =>
    desk.state ? desk.state.counts.mine_unanswered + offersTo(desk.state, tick.value).length : 0,
  )

  const onScreen = (id: string) => focused.value && router.currentRoute.value.params.id === id

  function follow() {
    if (follows) return
    follows = true
    // One tab of a browser rings: the one that holds the lock.
    void navigator.locks?.request("liniya.bell", () => {
      leads = true
      return new Promise(() => undefined)
    })
    if (!navigator.locks) leads = true
    const look = () => (focused.value = document.hasFocus() && !document.hidden)
    for (const name of ["focus", "blur"]) window.addEventListener(name, look)
    document.addEventListener("visibilitychange", look)
    if (navigator.userActivation?.hasBeenActive) void unlock()
    for (const name of touches) window.addEventListener(name, touched)
    desk.onFrame((frame, before, after) => {
      const refuser = returnedBy(frame, before, after.me.id)
      if (refuser && frame.type === "conversation") returned(refuser, frame.conversation)
      const about = alarmIn(frame, before, after.me)
      if (about && frame.type === "conversation" && !onScreen(frame.conversation.id)) alarm(about, frame.conversation)
      const reason = reasonToRing(frame, before, after.me.id)
      if (!reason || frame.type !== "conversation" || !leads) return
      const row = survivorOf(after, frame.conversation)
      if (onScreen(row.id)) return
      if (!muted.value) ring(reason)
      notify(reason === "arrived" ? t("common.notice_arrived") : t("common.notice_wrote", { name: nameOf(row) }), row, "mine")
    })
    watch(waiting, (n) => (document.title = n > 0 ? `(${n}) Liniya` : "Liniya"), { immediate: true })
  }

  return { waiting, unlocked, permission, unlock, test, askPermission, follow }
})
