/** When and for whom somebody works, as a form holds it. Pure. */
import type { OperatorView } from "@/api/shapes"

export type Work = Pick<OperatorView, "languages" | "skills" | "shift" | "calendar_id" | "deputy_id">

export const workOf = ({ languages, skills, shift, calendar_id, deputy_id }: OperatorView): Work => ({
  languages: [...languages],
  skills: [...skills],
  shift,
  calendar_id,
  deputy_id,
})
