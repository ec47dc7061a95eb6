/** What an operator does with a conversation: asks the server, holds its answer, says what went wrong. */
import { useRouter } from "vue-router"
import { conversations as api, customers, deliveries, Refused, type SeenUpTo } from "@/api"
import type { ConversationView, MessageItem, Split } from "@/api/shapes"
import { useDesk } from "@/desk"
import { t } from "@/language"
import { listOf } from "@/lists"
import { shownOf, survivorOf } from "@/together"
import { type Action, say } from "@/ui/toasts"
import { nameOf, sayProblem, tried } from "@/words"
import { moveDrafts } from "./drafts"
import { placeOf } from "./places"
import { unlessUnread } from "./unread"

export function useActs() {
  const desk = useDesk()
  const router = useRouter()

  const shown = (row: ConversationView) => shownOf(desk.known, row)

  /** `anyway` does the same again: with what is on the screen by then. */
  const unlessWritten = (row: ConversationView, act: () => Promise<ConversationView>, anyway: Action) =>
    unlessUnread(act, {
      show: () => desk.openTogether(row),
      ask: () => say(t("conversations.wrote_since", { name: nameOf(row) }), { kind: "problem", action: anyway }),
    })

  /** Gives whether it was done. */
  async function act(asked: Promise<ConversationView | undefined | null>) {
    try {
      const row = await asked
      if (row === null) return false
      if (row) desk.holdRow(row)
      return true
    } catch (error) {
      sayProblem(error)
      return false
    }
  }

  const open = (row: ConversationView, list = "mine") =>
    router.push({ name: "conversations", params: { list, id: row.id } })

  /** Of those who want the same one is the first; the others are told who. */
  async function first(row: ConversationView, asked: Promise<ConversationView>) {
    try {
      desk.holdRow(await asked)
      await open(row)
    } catch (error) {
      const late = error instanceof Refused && error.problem.code === "too_late"
      if (!late || !(await sayFaster(row))) sayProblem(error)
    }
  }

  async function sayFaster(row: ConversationView) {
    await desk.openDetail(row.id).catch(() => undefined)
    const owner = desk.known.conversations.get(row.id)?.owner_id
    if (!owner || owner === desk.known.me.id) return false
    say(t("conversations.faster", { name: desk.known.operators.get(owner)?.name ?? t("common.somebody") }))
    return true
  }

  const accept = (row: ConversationView) => first(row, api.accept(row.id))
  const take = (row: ConversationView) => first(row, api.take(row.id))

  const decline = (row: ConversationView, reason: string) => act(api.decline(row.id, reason))
  const join = (row: ConversationView) => act(api.join(row.id))
  const leave = (row: ConversationView) => act(api.leave(row.id))
  const reopen = (row: ConversationView) => act(api.reopen(row.id))

  async function close(row: ConversationView, reason: string, seen: SeenUpTo) {
    const anyway = { label: t("conversations.close_anyway"), act: () => void close(row, reason, shown(row)) }
    if (!(await act(unlessWritten(row, () => api.close(row.id, reason, seen), anyway)))) return false
    const action = { label: t("conversations.undo"), act: () => void reopen(row) }
    say(t("conversations.closed_now", { name: nameOf(row) }), { action })
    return true
  }

  const wake = (row: ConversationView) => act(api.wake(row.id))

  /** Without a time: until the customer writes. Gives whether it was done. */
  async function snooze(row: ConversationView, until: Date | null, seen: SeenUpTo) {
    const anyway = { label: t("conversations.snooze_anyway"), act: () => void snooze(row, until, shown(row)) }
    const went = await act(unlessWritten(row, () => api.snooze(row.id, until, seen), anyway))
    const action = { label: t("conversations.undo"), act: () => void wake(row) }
    if (went) say(t("conversations.snoozed_now", { name: nameOf(row) }), { action })
    return went
  }

  async function transfer(row: ConversationView, to: { operator_id?: string; line_id?: string; comment: string }) {
    const went = await act(api.transfer(row.id, to))
    if (went) say(transferredInWords(desk.known.conversations.get(row.id) ?? row))
    return went
  }

  function transferredInWords(row: ConversationView) {
    const asked = row.offered_to ? desk.known.operators.get(row.offered_to) : undefined
    return asked
      ? t("conversations.transfer_waits", { name: nameOf(row), who: asked.name })
      : t("conversations.transferred_now", { name: nameOf(row) })
  }

  /** The first goes on in the other. Gives whether it does. */
  async function merge(merged: ConversationView, into: ConversationView) {
    const rows: ConversationView[] = []
    if (!(await act(api.merge(merged.id, into.id).then((row) => (rows.push(row), row))))) return false
    await desk.openDetail(into.id).catch(() => undefined)
    await open(rows[0]!, listOf(rows[0]!, desk.known.me.id))
    const action = { label: t("conversations.undo"), act: () => void part(merged) }
    say(t("conversations.merged_now", { what: placeName(merged) }), { action })
    return true
  }

  /** It goes on by itself again. */
  async function part(merged: ConversationView) {
    const into = survivorOf(desk.known, desk.known.conversations.get(merged.id) ?? merged)
    if (!(await act(api.unmerge(merged.id)))) return false
    await desk.openDetail(into.id).catch(() => undefined)
    const action = { label: t("common.show"), act: () => void open(merged, listOf(merged, desk.known.me.id)) }
    const now = desk.known.conversations.get(merged.id) ?? merged
    say(partedInWords(now), { action })
    return true
  }

  function partedInWords(row: ConversationView) {
    const owner = row.owner_id ? desk.known.operators.get(row.owner_id)?.name : undefined
    const what = placeName(row)
    if (row.owner_id === desk.known.me.id) return t("conversations.parted_yours", { what })
    return owner ? t("conversations.parted_theirs", { what, who: owner }) : t("conversations.parted_waits", { what })
  }

  const placeName = (row: ConversationView) => placeOf(row, desk.known.inboxes)
  /** It goes on there where the operator stays: with what they have, else where they were. */
  async function split(row: ConversationView, matter: Split) {
    try {
      const later = await api.split(row.id, matter)
      desk.holdRow(later)
      moveDrafts(row.id, later.id)
      const action = { label: t("conversations.undo"), act: () => void unsplit(row.id) }
      say(t("conversations.split_now", { name: nameOf(row) }), { action })
      if (later.owner_id === desk.known.me.id) await open(later)
      return true
    } catch (error) {
      sayProblem(error)
      return false
    }
  }

  const unsplit = (earlierId: string) =>
    tried(async () => {
      const whole = await api.unsplit(earlierId)
      desk.holdRow(whole)
      await open(whole)
    })

  const intercept = (row: ConversationView) => act(api.intercept(row.id))

  async function pin(row: ConversationView, pinned: boolean) {
    if (!(await act(api.pin(row.id, pinned)))) return
    const action = { label: t("conversations.undo"), act: () => void act(api.pin(row.id, !pinned)) }
    say(t(pinned ? "conversations.pinned_now" : "conversations.unpinned_now", { name: nameOf(row) }), { action })
  }

  async function spam(row: ConversationView, block: boolean) {
    if (!(await act(api.spam(row.id, block)))) return false
    const action = { label: t("conversations.undo"), act: () => void undoSpam(row, block) }
    say(t(block ? "conversations.blocked_now" : "conversations.spam_now", { name: nameOf(row) }), { action })
    return true
  }

  async function undoSpam(row: ConversationView, blocked: boolean) {
    if (!blocked || (await unblock(row.customer_id))) await reopen(row)
  }

  const unblock = (customerId: string) => tried(async () => desk.holdCustomer(await customers.unblock(customerId)))

  /** Begin a conversation in a thread, and go there to write. */
  const start = (threadId: string) =>
    tried(async () => {
      const row = await customers.start(threadId)
      desk.holdRow(row)
      await open(row)
    })

  /** Write alone to who wrote in public, and go there. */
  const aside = (row: ConversationView) =>
    tried(async () => {
      const alone = await api.aside(row.id)
      desk.holdRow(alone)
      await open(alone)
    })

  const aboutDelivery = (row: ConversationView, asked: () => Promise<MessageItem>) =>
    tried(() => desk.holdItem(row.thread_id, asked))

  const retry = (row: ConversationView, deliveryId: string) => aboutDelivery(row, () => deliveries.retry(deliveryId))
  const settle = (row: ConversationView, deliveryId: string, arrived: boolean) =>
    aboutDelivery(row, () => deliveries.settle(deliveryId, arrived))

  const reword = (row: ConversationView, messageId: string, text: string) =>
    aboutDelivery(row, () => deliveries.reword(messageId, text))
  const withdraw = (row: ConversationView, messageId: string) => aboutDelivery(row, () => deliveries.withdraw(messageId))
  const forgetChange = (row: ConversationView, messageId: string) =>
    aboutDelivery(row, () => deliveries.forgetChange(messageId))

  const react = (row: ConversationView, messageId: string, emoji: string) =>
    aboutDelivery(row, () => deliveries.react(messageId, emoji))

  return {
    open,
    accept,
    take,
    decline,
    join,
    leave,
    reopen,
    close,
    snooze,
    wake,
    transfer,
    merge,
    part,
    split,
    unsplit,
    intercept,
    pin,
    spam,
    unblock,
    start,
    aside,
    retry,
    settle,
    reword,
    withdraw,
    forgetChange,
    react,
  }
}
