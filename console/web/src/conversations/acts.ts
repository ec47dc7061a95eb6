/** What an operator does with a conversation: asks the server, holds its answer, says what went wrong. */
import { useRouter } from "vue-router"
import { conversations as api, deliveries } from "@/api"
import type { ConversationView, MessageItem } from "@/api/shapes"
import { useDesk } from "@/desk"
import { t } from "@/language"
import { shownSeq } from "@/state"
import { type Action, say } from "@/ui/toasts"
import { nameOf, sayProblem, tried } from "@/words"
import { unlessUnread } from "./unread"

export function useActs() {
  const desk = useDesk()
  const router = useRouter()

  const shown = (row: ConversationView) => shownSeq(desk.known, row)

  /** `anyway` does the same again: with what is on the screen by then. */
  const unlessWritten = (row: ConversationView, act: () => Promise<ConversationView>, anyway: Action) =>
    unlessUnread(act, {
      show: () => desk.openThread(row),
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

  async function accept(row: ConversationView) {
    if (await act(api.accept(row.id))) await open(row)
  }

  async function take(row: ConversationView) {
    if (await act(api.take(row.id))) await open(row)
  }

  const decline = (row: ConversationView, reason: string) => act(api.decline(row.id, reason))
  const join = (row: ConversationView) => act(api.join(row.id))
  const leave = (row: ConversationView) => act(api.leave(row.id))
  const reopen = (row: ConversationView) => act(api.reopen(row.id))

  async function close(row: ConversationView, reason: string, seenSeq: number) {
    const anyway = { label: t("conversations.close_anyway"), act: () => void close(row, reason, shown(row)) }
    if (!(await act(unlessWritten(row, () => api.close(row.id, reason, seenSeq), anyway)))) return false
    const action = { label: t("conversations.undo"), act: () => void reopen(row) }
    say(t("conversations.closed_now", { name: nameOf(row) }), { action })
    return true
  }

  async function snooze(row: ConversationView, until: Date, seenSeq: number) {
    const anyway = { label: t("conversations.snooze_anyway"), act: () => void snooze(row, until, shown(row)) }
    const went = await act(unlessWritten(row, () => api.snooze(row.id, until, seenSeq), anyway))
    if (went) say(t("conversations.snoozed_now", { name: nameOf(row) }))
  }

  async function transfer(row: ConversationView, to: { operator_id?: string; line_id?: string; comment: string }) {
    const went = await act(api.transfer(row.id, to))
    if (went) say(t("conversations.transferred_now", { name: nameOf(row) }))
    return went
  }

  const aboutDelivery = (row: ConversationView, asked: () => Promise<MessageItem>) =>
    tried(async () => desk.holdItems(row.thread_id, [await asked()]))

  const retry = (row: ConversationView, deliveryId: string) => aboutDelivery(row, () => deliveries.retry(deliveryId))
  const settle = (row: ConversationView, deliveryId: string, arrived: boolean) =>
    aboutDelivery(row, () => deliveries.settle(deliveryId, arrived))

  return { open, accept, take, decline, join, leave, reopen, close, snooze, transfer, retry, settle }
}
