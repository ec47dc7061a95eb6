import { computed, ref } from "vue"
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
  const ready = computed(() => uploads.value.every((upload) => upload.file !== null))
  const stored = computed(() => uploads.value.flatMap((upload) => upload.file ?? []))

  async function send(file: File) {
    const key = ++count
    const stop = new AbortController()
    uploads.value.push({ key, name: file.name, size_bytes: file.size, share: 0, file: null, problem: "", stop })
    const upload = uploads.value.find((other) => other.key === key)!
    const largest = can()?.max_file_bytes ?? Infinity
    if (file.size > largest) {
      upload.problem = t("conversations.file_too_large", { size: sizeInWords(largest) })
      return
    }
    try {
      upload.file = await api.send(file, (share) => (upload.share = share), stop.signal)
    } catch (error) {
      upload.problem = inWords(error)
    }
  }

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
