/** What a colleague said with a conversation that they want to give to somebody. Pure. */
import type { MarkItem, NoteItem, ThreadItem } from "@/api/shapes"

export interface Passed {
  by: string
  comment: string
}

/** Of the last transfer to this operator, if nothing was done with the conversation since. */
export function passedTo(operatorId: string, conversationId: string, items: readonly ThreadItem[]): Passed | null {
  const theirs = items.filter((item) => item.conversation_id === conversationId)
  const mark = theirs.filter((item): item is MarkItem => item.type === "mark").at(-1)
  if (mark?.event !== "ConversationTransferred" || mark.to_operator_id !== operatorId || !mark.operator_id) return null
  const said = theirs.filter((item): item is NoteItem => item.type === "note")
  return { by: mark.operator_id, comment: said.find((note) => note.operator_id === mark.operator_id && note.at === mark.at)?.text ?? "" }
}
