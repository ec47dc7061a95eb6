/** How customers show themselves. Pure. */
import type { CustomerView } from "@/api/shapes"

/** The picture they have where they write from, else any. */
export function pictureOf(customer: CustomerView | undefined, channel: string): string | null {
  const shown = (customer?.identities ?? []).filter((identity) => identity.picture_url !== null)
  return (shown.find((identity) => identity.channel === channel) ?? shown[0])?.picture_url ?? null
}
