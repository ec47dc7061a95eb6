/** What a line would do now, as `console/api/shapes/trying.py` has it. */
import type { FieldValue } from "./cards"
import type { RuleView } from "./lines"

export interface CrewMember {
  operator_id: string
  room: number
  why_not: string | null
  until: string | null
}

export interface RuleTry {
  rules: RuleView[] | null
  text: string
  channel: string
  tier: string | null
  language: string | null
  source: string
  fields: Record<string, FieldValue>
}

export interface RuleTried {
  rule: string | null
  to_line: string | null
  head_start_s: number
  language: string | null
  skills: string[]
  open: boolean
}
