/** When operators are there, as `console/api/shapes/duty.py` has it. */

export interface LeaveView {
  id: string
  operator_id: string
  from_at: string
  until_at: string | null
  reason: string
}

export interface DutyView {
  shift: "always" | "calendar" | "clock"
  on_shift: boolean
  until: string | null
  begins_at: string | null
  clocked_in_at: string | null
  break_since: string | null
  leave: LeaveView | null
}

export interface NewLeave {
  from_at: string | null
  until_at: string | null
  reason: string
}
