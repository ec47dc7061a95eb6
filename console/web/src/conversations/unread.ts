/** Acts that end a customer's waiting are asked about if the customer has written meanwhile. */
import { Refused } from "@/api"

/**
 * Do `act`. If the customer wrote after what was on the screen, `show` it and then `ask`.
 *
 * Gives null if it was asked; other refusals are thrown.
 */
export async function unlessUnread<T>(
  act: () => Promise<T>,
  { show, ask }: { show: () => Promise<unknown>; ask: () => void },
): Promise<T | null> {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof Refused) || error.code !== "moved_on") throw error
    await show().catch(() => undefined)
    ask()
    return null
  }
}
