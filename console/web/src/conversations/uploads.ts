import { computed, ref, watch } from "vue"
import { files as api } from "@/api"
import type { Can } from "@/api/inboxes"
import type { FileView } from "@/api/shapes"
import { t } from "@/language"
import { say } from "@/ui/toasts"
import { inWords, sizeInWords } from "@/words"

export interface Upload {
  key: number
  name: string
  size_bytes: number
  share: number
  file: FileView | null
  problem: string
  stop: AbortController
}

const most = 10
let count = 0

/** The files of one message that is being written; `can` is what its channel carries. */
export function useUploads(can: () => Can | undefined) {
  const uploads = ref<Upload[]>([])
  const ready = computed(() => uploads.value.every((upload) => upload.file !== null && !upload.problem))
  const stored = computed(() => uploads.value.flatMap((upload) => upload.file ?? []))

  async function send(file: File) {
    const key = ++count
    const stop = new AbortController()
    uploads.value.push({ key, name: file.name, size_bytes: file.size, share: 0, file: null, problem: "", stop })
    const upload = uploads.value.find((other) => other.key === key)!
    if (tooLarge(file.size)) {
      upload.problem = saysTooLarge()
      return
    }
    try {
      upload.file = await api.send(file, (share) => (upload.share = share), stop.signal)
    } catch (error) {
      upload.problem = inWords(error)
    }
  }

  const tooLarge = (size_bytes: number) => size_bytes > (can()?.max_file_bytes ?? Infinity)
  const saysTooLarge = () => t("conversations.file_too_large", { size: sizeInWords(can()?.max_file_bytes ?? 0) })

  /** They are to go out by another channel, which may carry less. */
  watch(can, () => {
    for (const upload of uploads.value) if (upload.file) upload.problem = tooLarge(upload.size_bytes) ? saysTooLarge() : ""
  })

  function add(files: File[]) {
    const free = Math.min(most, can()?.max_files ?? most) - uploads.value.length
    for (const file of files.slice(0, Math.max(0, free))) void send(file)
    if (files.length > free) say(t("conversations.too_many_files", { n: Math.min(most, can()?.max_files ?? most) }), { kind: "problem" })
  }

  function remove(key: number) {
    uploads.value.find((upload) => upload.key === key)?.stop.abort()
    uploads.value = uploads.value.filter((upload) => upload.key !== key)
  }

  function clear() {
    uploads.value = []
  }

  return { uploads, ready, stored, add, remove, clear }
}
