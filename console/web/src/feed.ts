/** The WebSocket of this tab: keeps it open, hands on its frames. */
import type { FeedFrame, FeedWord } from "./api/frames"

export type Connection = "connecting" | "live" | "lost"

export interface Listener {
  frames: (frames: FeedFrame[]) => void
  connection: (now: Connection) => void
  /** A connection was refused before it opened; perhaps the session is over. */
  refused: () => void
}

export interface Feed {
  say: (word: FeedWord) => void
  close: () => void
}

/** The session is over. */
const signedOut = 4401
const firstWait_ms = 500
const longestWait_ms = 15_000
/** The server says at least `counts` every 30 s. */
const silence_ms = 45_000

/** How long to wait before the next attempt: doubling, half of it by chance. */
export function backoff_ms(attempt: number, chance: number) {
  const whole = Math.min(longestWait_ms, firstWait_ms * 2 ** attempt)
  return whole / 2 + (whole / 2) * chance
}

/** Frames that waited together come as a list. */
export function framesIn(said: string): FeedFrame[] {
  const found = JSON.parse(said) as FeedFrame | FeedFrame[]
  return Array.isArray(found) ? found : [found]
}

const address = () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/feed`

/** Frames of one animation frame are applied together; a hidden tab has no animation frames. */
function gather(act: (frames: FeedFrame[]) => void) {
  let held: FeedFrame[] = []
  const flush = () => {
    const frames = held
    held = []
    if (frames.length > 0) act(frames)
  }
  return (frame: FeedFrame) => {
    held.push(frame)
    if (held.length > 1) return
    if (document.hidden) setTimeout(flush)
    else {
      requestAnimationFrame(flush)
      setTimeout(flush, 200)
    }
  }
}

/** Open the feed and keep it open until `close`. */
export function openFeed(listener: Listener): Feed {
  let socket: WebSocket | null = null
  let attempt = 0
  let timer = 0
  let heard_ms = 0
  const add = gather(listener.frames)

  function connect() {
    clearTimeout(timer)
    const mine = new WebSocket(address())
    let opened = false
    socket = mine
    listener.connection(attempt === 0 ? "connecting" : "lost")
    mine.onopen = () => {
      opened = true
      heard_ms = Date.now()
    }
    mine.onmessage = (event) => {
      heard_ms = Date.now()
      for (const frame of framesIn(String(event.data))) {
        if (frame.type === "snapshot") {
          attempt = 0
          listener.connection("live")
        }
        add(frame)
      }
    }
    mine.onclose = ({ code }) => {
      if (socket !== mine) return
      socket = null
      listener.connection("lost")
      if (!opened || code === signedOut) listener.refused()
      if (code !== signedOut) timer = window.setTimeout(connect, backoff_ms(attempt++, Math.random()))
    }
  }

  function drop() {
    const old = socket
    socket = null
    if (old) old.onclose = old.onmessage = null
    old?.close()
  }

  /** Coming back from sleep or from another network, a socket may be dead and not know it. */
  function wake() {
    if (document.hidden) return
    if (socket?.readyState === WebSocket.OPEN && Date.now() - heard_ms < silence_ms) return
    if (socket?.readyState === WebSocket.CONNECTING) return
    drop()
    attempt = Math.max(attempt, 1)
    connect()
  }

  const events = ["online", "pageshow", "focus"] as const
  for (const name of events) window.addEventListener(name, wake)
  document.addEventListener("visibilitychange", wake)
  const watch = setInterval(wake, 5_000)
  connect()

  return {
    say(word) {
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(word))
    },
    close() {
      for (const name of events) window.removeEventListener(name, wake)
      document.removeEventListener("visibilitychange", wake)
      clearInterval(watch)
      clearTimeout(timer)
      drop()
    },
  }
}
