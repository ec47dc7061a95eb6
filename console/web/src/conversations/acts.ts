/** What an operator does with a conversation: asks the server, holds its answer, says what went wrong. */
import { useRouter } from "vue-router"
import { conversations as api, deliveries } from "@/api"
import type { ConversationView, MessageItem } from "@/api/shapes"
import { useDesk } from "@/desk"
import { t } from "@/language"
import { say } from "@/ui/toasts"
import { nameOf, sayProblem, tried } from "@/words"

export function useActs() {
  const desk = useDesk()
  const router = useRouter()

  async function act(asked: Promise<ConversationView | undefined>) {
    try {
      const row = await asked
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

  async function close(row: ConversationView, reason: string) {
    if (!(await act(api.close(row.id, reason)))) return false
    const action = { label: t("conversations.undo"), act: () => void reopen(row) }
    say(t("conversations.closed_now", { name: nameOf(row) }), { action })
    return true
  }

  async function snooze(row: ConversationView, until: Date) {
    if (await act(api.snooze(row.id, until))) say(t("conversations.snoozed_now", { name: nameOf(row) }))
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
