/** How a file is shown in a thread: only what the server sends as such plays or shows by itself. Pure. */
import type { FileView } from "@/api/shapes"

const pictures = /^image\/(png|jpe?g|gif|webp|avif)$/
const audio = /^audio\/(mpeg|ogg|mp4|webm)$/
const video = /^video\/(mp4|webm|ogg)$/

export function shownAs({ mime, url }: FileView): "picture" | "audio" | "video" | "file" {
  if (url === null) return "file"
  if (pictures.test(mime)) return "picture"
  if (audio.test(mime)) return "audio"
  return video.test(mime) ? "video" : "file"
}

/** What was spoken into a messenger has the messenger's name for a file, which tells people nothing. */
export const isVoice = (file: FileView) => shownAs(file) === "audio" && /^voice-?\d/.test(file.name)

/** What stands in the chat by itself, without a frame: stickers and drawings. */
export const isSticker = (file: FileView) => /^(sticker|graffiti)-?\d/.test(file.name)
