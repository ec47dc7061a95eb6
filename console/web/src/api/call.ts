import type { Problem } from "./shapes"

/** The server said no, or could not be reached (`status` 0). */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.detail)
  }

  get code() {
    return this.problem.code
  }
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
export type Query = Record<string, string | number | null | undefined>

let csrfToken = ""
let onSignedOut = () => {}

export function signedInWith(token: string) {
  csrfToken = token
}

export function whenSignedOut(act: () => void) {
  onSignedOut = act
}

const root = "/api/v1"
/** A half-dead network keeps a request for minutes; every one of ours may be made again. */
const patience_ms = 20_000

function address(path: string, query: Query) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "")
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return root + path + (text ? `?${text}` : "")
}

function problemOf(body: unknown): Problem {
  const given = (body ?? {}) as Partial<Problem>
  return { code: given.code ?? "unknown", detail: given.detail ?? "", fields: given.fields ?? {} }
}

/**
 * Make one request and give its body, undefined for 204.
 *
 * @throws Refused for every answer but 2xx, and with code `offline` when there was none.
 */
export async function call<T>(method: Method, path: string, body?: unknown, query: Query = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" }
  if (method !== "GET") headers["X-CSRF-Token"] = csrfToken
  if (body !== undefined) headers["Content-Type"] = "application/json"
  let answer: Response
  try {
    answer = await fetch(address(path, query), {
      method,
      headers,
      credentials: "same-origin",
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(patience_ms),
    })
  } catch {
    throw new Refused(0, { code: "offline", detail: "", fields: {} })
  }
  if (answer.status === 204) return undefined as T
  const data: unknown = await answer.json().catch(() => null)
  if (answer.ok) return data as T
  if (answer.status === 401 && path !== "/session") onSignedOut()
  throw new Refused(answer.status, problemOf(data))
}

/** Send one file; `fetch` cannot report progress of an upload, XMLHttpRequest can. */
export function upload<T>(path: string, file: File, onProgress: (share: number) => void, stop: AbortSignal) {
  return new Promise<T>((resolve, reject) => {
    const request = new XMLHttpRequest()
    const fail = () => reject(new Refused(0, { code: "offline", detail: "", fields: {} }))
    request.open("POST", root + path)
    request.responseType = "json"
    request.setRequestHeader("X-CSRF-Token", csrfToken)
    request.upload.onprogress = (event) => event.lengthComputable && onProgress(event.loaded / event.total)
    request.onerror = fail
    request.onabort = fail
    request.onload = () =>
      request.status < 300
        ? resolve(request.response as T)
        : reject(new Refused(request.status, problemOf(request.response)))
    stop.addEventListener("abort", () => request.abort())
    const form = new FormData()
    form.append("file", file, file.name)
    request.send(form)
  })
}
