/** The form of an inbox, made from what its channel says it has to be told. Pure. */
import type { ChannelForm, Schema, SchemaProperty } from "@/api/inboxes"
import type { Language } from "@/api/shapes"

export type FieldKind = "text" | "number" | "toggle" | "choice" | "lines" | "json"

export interface SettingField {
  name: string
  label: string
  /** What one has to know of it. */
  about: string
  kind: FieldKind
  secret: boolean
  required: boolean
  /** Most people leave it as it is. */
  advanced: boolean
  choices: string[]
  otherwise: unknown
}

/** As it stands in the form: a text, but a toggle is a boolean. */
export type Written = string | boolean

function kindOf(property: SchemaProperty): FieldKind {
  const { type, items } = property
  if (property.enum) return "choice"
  if (type === "string") return "text"
  if (type === "integer" || type === "number") return "number"
  if (type === "boolean") return "toggle"
  return type === "array" && items?.type === "string" ? "lines" : "json"
}

/** Of `anyOf` a value or null, the value. */
const valueOf = (property: SchemaProperty): SchemaProperty => ({
  ...property.anyOf?.find((option) => option.type !== "null"),
  ...property,
})

function fieldsOfSchema(schema: Schema, secret: boolean, language: Language): SettingField[] {
  return Object.entries(schema.properties ?? {}).map(([name, given]) => {
    const property = valueOf(given)
    return {
      name,
      label: (language === "ru" ? given.title_ru : undefined) ?? given.title ?? name,
      about: (language === "ru" ? given.description_ru : undefined) ?? given.description ?? "",
      kind: kindOf(property),
      secret,
      required: schema.required?.includes(name) ?? false,
      advanced: given.advanced === true,
      choices: property.enum ?? [],
      otherwise: given.default ?? null,
    }
  })
}

/** What nobody can leave out comes first. */
export function fieldsOf(form: ChannelForm, language: Language): SettingField[] {
  const all = [...fieldsOfSchema(form.account, false, language), ...fieldsOfSchema(form.secrets, true, language)]
  return all.sort((a, b) => Number(b.required) - Number(a.required))
}

/** What has a desk without a public address ask its provider, where the channel can. */
export const ASKS = { by: "polling" } as const

export const canAsk = (fields: readonly SettingField[]) =>
  fields.some(({ name, choices }) => name === "by" && choices.includes(ASKS.by))

export function written(field: SettingField, value: unknown): Written {
  const known = value ?? field.otherwise
  if (field.kind === "toggle") return known === true
  if (known === null || known === undefined) return ""
  if (field.kind === "lines") return (known as string[]).join("\n")
  return field.kind === "json" ? JSON.stringify(known, null, 2) : String(known)
}

/** The value to send; undefined for what was left empty. Throws SyntaxError for JSON that is none. What is no
 * number goes as it stands: a channel may know what is meant by it. */
export function read(field: SettingField, text: Written): unknown {
  if (typeof text === "boolean") return text
  const plain = text.trim()
  if (plain === "") return undefined
  switch (field.kind) {
    case "number":
      return Number.isFinite(Number(plain)) ? Number(plain) : plain
    case "lines":
      return plain.split("\n").map((line) => line.trim()).filter(Boolean)
    case "json":
      return JSON.parse(plain) as unknown
    case "text":
    case "choice":
    case "toggle":
      return plain
  }
}

/** A secret that the server makes where it is left out, and then tells once. */
export const isMade = (field: SettingField) =>
  field.secret && !field.required && field.kind === "text" && field.otherwise === null

/** The secrets of a new inbox that somebody needs, with what they are called. */
export const named = (secrets: Record<string, string>, fields: readonly SettingField[]) =>
  Object.entries(secrets)
    .map(([name, value]) => ({ value, name, field: fields.find((field) => field.name === name) }))
    .filter(({ field }) => field?.advanced !== true)
    .map(({ value, name, field }) => ({ label: field?.label ?? name, value }))

/** A whole form as it is sent; `broken` are the fields whose JSON is none. */
export function readAll(fields: readonly SettingField[], values: Record<string, Written>) {
  const given: Record<string, unknown> = {}
  const broken: string[] = []
  for (const field of fields) {
    try {
      const value = read(field, values[field.name] ?? "")
      if (value !== undefined) given[field.name] = value
    } catch {
      broken.push(field.name)
    }
  }
  return { given, broken }
}
