/** When and for whom somebody works, as a form holds it. Pure. */
import type { OperatorView } from "@/api/shapes"

export type Work = Pick<OperatorView, "languages" | "skills" | "shift" | "calendar_id" | "deputy_id">

/** Of somebody new. */
export const newWork = (): Work => ({ languages: [], skills: [], shift: "always", calendar_id: null, deputy_id: null })

export const workOf = ({ languages, skills, shift, calendar_id, deputy_id }: OperatorView): Work => ({
  languages: [...languages],
  skills: [...skills],
  shift,
  calendar_id,
  deputy_id,
})
