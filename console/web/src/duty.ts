/** Whether this operator is at work now, and until when: `DutyView` in words, and kept as it is. */
import { defineStore } from "pinia"
import { computed, onScopeDispose, ref, watch } from "vue"
import { duty as api } from "./api"
import type { DutyView } from "./api/duty"
import { useDesk } from "./desk"
import { t } from "./language"
import { lasting, secondsSince, soonTime, soonWhen, tick } from "./time"
import { tried } from "./words"

const together_ms = 3000

/** "On shift until 18:00", "On a break for 5m"; empty where nothing limits them. */
export function dutyInWords(duty: DutyView): string {
  if (duty.leave)
    return duty.leave.until_at ? t("common.duty_leave_until", { time: soonTime(duty.leave.until_at) }) : t("common.duty_leave")
  if (duty.break_since) return t("common.duty_break", { time: lasting(secondsSince(duty.break_since)) })
  if (duty.shift === "clock")
    return duty.clocked_in_at ? t("common.duty_in", { time: soonTime(duty.clocked_in_at) }) : t("common.duty_out")
  if (duty.shift === "calendar") {
    if (duty.on_shift) return duty.until ? t("common.duty_until", { time: soonTime(duty.until) }) : ""
    return duty.begins_at ? t("common.duty_begins", { when: soonWhen(duty.begins_at) }) : t("common.duty_off")
  }
  return ""
}

/** Nothing new is given to who is not at work, whatever their status says. */
export const isAtWork = (duty: DutyView) => duty.on_shift && !duty.break_since && !duty.leave

/** What one has to end oneself before anything new is given; null if that is nothing, or not theirs to end. */
export function hindered(duty: DutyView): "break" | "clock" | null {
  if (duty.leave || duty.shift !== "clock") return null
  return !duty.clocked_in_at ? "clock" : duty.break_since ? "break" : null
}

/** When what it says is over, in ms. */
export function changesAt(duty: DutyView): number {
  const times = [duty.until, duty.begins_at, duty.leave?.until_at].flatMap((at) => (at ? [Date.parse(at)] : []))
  return Math.min(Infinity, ...times)
}

export const useDuty = defineStore("duty", () => {
  const desk = useDesk()
  const duty = ref<DutyView | null>(null)
  const atWork = computed(() => duty.value === null || isAtWork(duty.value))
  let asked = 0

  /** The last answer counts; without a connection what was known stays. */
  async function learn(ask: () => Promise<DutyView> = api.read) {
    const mine = ++asked
    const answer = await ask()
    if (mine === asked) duty.value = answer
  }

  const look = () => void learn().catch(() => undefined)

  /** Our card comes with each change of our load: one question for all that comes together. */
  let soon = 0
  function lookSoon() {
    soon ||= window.setTimeout(() => {
      soon = 0
      look()
    }, together_ms)
  }

  const clock = (working: boolean) => tried(() => learn(() => api.clock(working)))
  const takeBreak = (onBreak: boolean) => tried(() => learn(() => api.takeBreak(onBreak)))

  /**
   * Asked anew when our card comes, which a clock, a leave and its end bring, and when a time is over;
   * until the component that follows it goes: then somebody else may sign in.
   */
  function follow() {
    look()
    const unfollow = desk.onFrame((frame, _, after) => {
      if (frame.type === "snapshot" || (frame.type === "operator" && frame.operator.id === after.me.id)) lookSoon()
    })
    onScopeDispose(() => {
      unfollow()
      window.clearTimeout(soon)
      soon = 0
      asked++
      duty.value = null
    })
    watch(
      () => duty.value !== null && tick.value >= changesAt(duty.value),
      (over) => over && look(),
    )
  }

  return { duty, atWork, look, clock, takeBreak, follow }
})
