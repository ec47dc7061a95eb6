/** What this tab tells the server that it has of each thread: the ledger's last column. Pure. */
import type { FeedFrame } from "./api/frames"
import type { ConversationView } from "./api/shapes"
import { isOfferedTo } from "./lists"
import { lastSeq, type State } from "./state"
import { mergedInto, survivorOf } from "./together"

export interface Held {
  threadId: string
  seq: number
}

/** A row of mine shows that something came; what I have seen the server knows. */
const news = (row: ConversationView): Held[] =>
  row.last_seq > row.seen_seq ? [{ threadId: row.thread_id, seq: row.last_seq }] : []

/** What to say after a frame. After a snapshot all of it again: what was said before it may be lost. */
export function heldAfter(frame: FeedFrame, now: State): Held[] {
  if (frame.type === "snapshot") {
    const read = [...now.threads].map(([threadId, { items }]) => ({ threadId, seq: lastSeq(items) }))
    const mine = frame.mine.flatMap((row) => [row, ...mergedInto(now, row.id)])
    return [...read.filter(({ seq }) => seq > 0), ...mine.flatMap(news)]
  }
  if (frame.type !== "conversation") return []
  const { conversation: row, items } = frame
  const own = survivorOf(now, row)
  if (own.owner_id === now.me.id || isOfferedTo(own, now.me.id)) return news(row)
  const seq = lastSeq(items)
  return seq > 0 && now.threads.has(row.thread_id) ? [{ threadId: row.thread_id, seq }] : []
}
