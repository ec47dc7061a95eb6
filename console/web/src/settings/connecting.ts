/** Asking a provider about an account that is not stored yet. */
import { ref } from "vue"
import { inboxes as api } from "@/api"
import type { InboxView, StandingView, Tried, TryInbox } from "@/api/inboxes"
import { tOr } from "@/language"
import { fieldsInWords, inWords, serverSays } from "@/words"

/** What few need, or the desk sees to by itself. */
const HINTS = new Set(["group_privacy", "long_poll_off", "comments_untold"])

export interface Warning {
  text: string
  isHint: boolean
}

/** The words for what will not work, hints last; a code that the console does not know says nothing. */
export const warningsOf = (tried: Tried): Warning[] =>
  tried.warnings
    .map((code) => ({ text: tOr(`channels.warning_${code}`, ""), isHint: HINTS.has(code) }))
    .filter(({ text }) => text)
    .sort((a, b) => Number(a.isHint) - Number(b.isHint))

/** Of an inbox that there is: the program that takes its messages is this desk. */
export const known = (tried: Tried): Tried => ({
  ...tried,
  warnings: tried.warnings.filter((code) => code !== "used_elsewhere"),
})

/** How messages come, as far as there is more to say than that the inbox does not work: whom a provider refuses it
 * says nothing of, and what stood well before the trouble says nothing now.
 */
export function standsBeside(inbox: InboxView, { unmet }: { unmet: boolean }): StandingView | null {
  const { standing, health, last_error } = inbox
  if (!standing || !inbox.active || health === "paused") return null
  const fails = health !== "working"
  if (standing.ok) return fails || unmet ? null : standing
  if (!fails || standing.last_error !== last_error) return standing
  return standing.by === "polling" ? null : { ...standing, last_error: null }
}

/** How people call an account: its name at the provider, and its address there. */
export const calledAt = ({ name, username }: Tried) =>
  [name, username && `@${username}`].filter(Boolean).join(" · ")

/** Whether `now` is somebody else than `before`; who says nothing is nobody else. */
export const isAnother = (before: Tried | null, now: Tried) =>
  Boolean(before?.username && now.username && before.username !== now.username)

/** Of several answers only that to the last question counts. */
export function useTrial() {
  const answer = ref<Tried | null>(null)
  const busy = ref(false)
  const problem = ref("")
  const problems = ref<Record<string, string>>({})
  let last = 0

  function forget() {
    last++
    answer.value = null
    busy.value = false
    problem.value = ""
    problems.value = {}
  }

  /** Gives whether the account works. */
  async function ask(inbox: TryInbox): Promise<boolean> {
    forget()
    const mine = last
    busy.value = true
    try {
      const tried = await api.attempt(inbox)
      if (mine !== last) return false
      if (tried.problem === null) answer.value = tried
      else problem.value = serverSays(tried.problem)
    } catch (error) {
      if (mine !== last) return false
      problems.value = fieldsInWords(error)
      problem.value = inWords(error)
    } finally {
      if (mine === last) busy.value = false
    }
    return mine === last && answer.value !== null
  }

  return { answer, busy, problem, problems, ask, forget }
}
