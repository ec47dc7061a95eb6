/** The fields of customers' cards, as `console/api/shapes/cards.py` has them. */
import type { Language } from "./shapes"

export type FieldKind = "text" | "number" | "flag" | "choice"
export type FieldValue = string | number | boolean | string[]

export interface CardFieldView {
  key: string
  kind: FieldKind
  names: Partial<Record<Language, string>>
  choices: string[]
}

export interface CardFields {
  fields: CardFieldView[]
}
