import { computed, ref } from "vue"
import { files as api } from "@/api"
import type { FileView } from "@/api/shapes"
import { inWords } from "@/words"

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

/** The files of one message that is being written. */
export function useUploads() {
  const uploads = ref<Upload[]>([])
  const ready = computed(() => uploads.value.every((upload) => upload.file !== null))
  const stored = computed(() => uploads.value.flatMap((upload) => upload.file ?? []))

  async function send(file: File) {
    const key = ++count
    const stop = new AbortController()
    uploads.value.push({ key, name: file.name, size_bytes: file.size, share: 0, file: null, problem: "", stop })
    const upload = uploads.value.find((other) => other.key === key)!
    try {
      upload.file = await api.send(file, (share) => (upload.share = share), stop.signal)
    } catch (error) {
      upload.problem = inWords(error)
    }
  }

  function add(files: File[]) {
    for (const file of files.slice(0, most - uploads.value.length)) void send(file)
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
