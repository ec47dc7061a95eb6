/** To whom of those who may be the customer a code can be sent. Pure but for the words. */
import type { CodeTarget } from "@/api/codes"
import { t, tOr } from "@/language"

/** Where a code for them goes; null if none can be sent to them. */
export const codeGoesTo = (targets: readonly CodeTarget[], customerId: string): string | null =>
  targets.find((one) => one.customer_id === customerId)?.channel ?? null

export const codeIsSent = ({ channel }: CodeTarget) =>
  t("customer.code_sent", { channel: tOr(`common.channel_${channel}`, channel) })
