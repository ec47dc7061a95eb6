import { computed, shallowRef } from "vue"
import { inboxes as api } from "@/api"
import type { ChannelForm } from "@/api/inboxes"
import { language, tOr } from "@/language"
import { tried } from "@/words"
import { fieldsOf } from "./fields"

/** Programs and exercises: what customers use comes before them. */
const last = ["rest", "simulator"]
const forms = shallowRef<ChannelForm[] | null>(null)

/** The kinds of channels this desk has; asked for once. */
export function useChannels() {
  if (forms.value === null) void tried(async () => (forms.value = await api.channels()))
  const kinds = computed(() => [...(forms.value ?? [])].sort((a, b) => last.indexOf(a.kind) - last.indexOf(b.kind)))
  const formOf = (kind: string) => kinds.value.find((form) => form.kind === kind)
  const fieldsOfKind = (kind: string) => {
    const form = formOf(kind)
    return form ? fieldsOf(form, language.value) : []
  }
  return { kinds, formOf, fieldsOfKind }
}

export function kindName(form: ChannelForm): string {
  const own = language.value === "ru" ? (form.account.title_ru ?? form.account.title) : form.account.title
  return tOr(`common.channel_${form.kind}`, own ?? form.kind)
}
