/** The fields that administrators named, read once for all cards; and how a value is said. */
import { shallowRef } from "vue"
import { cards } from "@/api"
import type { CardFieldView, FieldValue } from "@/api/cards"
import { language, t } from "@/language"

export const cardFields = shallowRef<CardFieldView[]>([])
let asked: Promise<void> | null = null

export function holdFields(fields: CardFieldView[]) {
  cardFields.value = fields
  asked = Promise.resolve()
}

/** Ask for them unless they are there; what fails is asked again the next time. */
export function loadFields(): Promise<void> {
  asked ??= cards.fields().then(
    (answer) => holdFields(answer.fields),
    () => {
      asked = null
    },
  )
  return asked
}

/** They changed, or may have. */
export function forgetFields() {
  asked = null
}

export const fieldName = (field: CardFieldView) =>
  field.names[language.value] || field.names.ru || field.names.en || field.key

export function valueInWords(value: FieldValue | undefined): string {
  if (value === undefined) return ""
  if (Array.isArray(value)) return value.join(", ")
  if (typeof value === "boolean") return t(value ? "customer.field_yes" : "customer.field_no")
  return typeof value === "number" ? new Intl.NumberFormat(language.value).format(value) : value
}

/** What a text that somebody typed holds: null takes the field away, undefined is no such value. */
export function valueOf(field: CardFieldView, text: string): FieldValue | null | undefined {
  const plain = text.trim()
  if (plain === "") return null
  if (field.kind === "flag") return plain === "true"
  if (field.kind !== "number") return plain
  const number = Number(plain.replaceAll(/\s/g, "").replace(",", "."))
  return Number.isFinite(number) ? number : undefined
}
