/** The address that customers write to, with a word in it that says where they come from. Pure. */

/** What Telegram takes (https://core.telegram.org/bots/features#deep-linking, read 2026-08-01). */
const permitted = /^[A-Za-z0-9_-]{1,64}$/

/** Why a word cannot stand in an address; null if it can, or is empty. */
export function wrongIn(source: string): "too_long" | "letters" | null {
  if (source === "" || permitted.test(source)) return null
  return source.length > 64 && /^[A-Za-z0-9_-]+$/.test(source) ? "too_long" : "letters"
}

/** The address with the word; without it while there is none, or it cannot stand there. */
export const linkFrom = (link: string, key: string, source: string) =>
  key === "" || source === "" || wrongIn(source) ? link : `${link}?${key}=${source}`
