/** The browser's storage, where it lets us: in private windows and when full it throws. */
export function stored<T>(key: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(`liniya.${key}`)
    return text === null ? otherwise : (JSON.parse(text) as T)
  } catch {
    return otherwise
  }
}

export function store(key: string, value: unknown) {
  try {
    if (value === null) localStorage.removeItem(`liniya.${key}`)
    else localStorage.setItem(`liniya.${key}`, JSON.stringify(value))
  } catch {
    return
  }
}

/** The names of what is stored whose names begin so. */
export function storedNames(prefix: string): string[] {
  try {
    const names = Array.from({ length: localStorage.length }, (_, at) => localStorage.key(at) ?? "")
    const whole = `liniya.${prefix}`
    return names.filter((name) => name.startsWith(whole)).map((name) => name.slice("liniya.".length))
  } catch {
    return []
  }
}
