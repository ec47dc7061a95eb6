/** My own status: shown as set at once, and as before if the desk did not take it. */
import { session as api } from "./api"
import type { Status } from "./api/shapes"
import { useDesk } from "./desk"
import { useSession } from "./session"
import { tried } from "./words"

export function useStatus() {
  const desk = useDesk()
  const session = useSession()
  return async function set(status: Status) {
    const before = session.me
    if (!before || before.status === status) return
    desk.holdOperator({ ...before, status, status_since: new Date().toISOString() })
    const went = await tried(async () => {
      const answer = await api.setStatus(status)
      if (answer && "id" in answer) desk.holdOperator(answer)
    })
    if (!went) desk.holdOperator(before)
  }
}
