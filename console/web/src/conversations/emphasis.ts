/** The signs of an operator's emphasis, put around a selection or taken away again. Pure. */
export interface Selection {
  text: string
  start: number
  end: number
}

export const signs = { bold: "**", italic: "__" } as const

/** What replaces the text from `from` to `to`, and what is selected then. */
export interface Replacement {
  from: number
  to: number
  by: string
  start: number
  end: number
}

/** Without a selection the caret stands between the signs; spaces at its ends stay outside. */
export function toggled({ text, start, end }: Selection, sign: string): Replacement {
  const picked = text.slice(start, end)
  const words = picked.trim()
  const first = words ? start + picked.indexOf(words) : start
  const last = first + words.length
  const size = sign.length
  const stands = text.slice(first - size, first) === sign && text.slice(last, last + size) === sign
  const move = stands ? -size : size
  const [from, to] = stands ? [first - size, last + size] : [first, last]
  return { from, to, by: stands ? words : `${sign}${words}${sign}`, start: first + move, end: last + move }
}
