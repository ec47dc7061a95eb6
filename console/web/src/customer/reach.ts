/** Where customers can be written to, and what their addresses are called. Pure but for the words. */
import type { CustomerView, IdentityView } from "@/api/shapes"
import { t } from "@/language"

type Known = Pick<CustomerView, "identities">

/** They shut us out where they wrote from: what is answered there does not reach them. */
export function isGone(customer: Known | undefined, channel: string): boolean {
  const there = (customer?.identities ?? []).filter((identity) => identity.channel === channel)
  return there.length > 0 && there.every((identity) => !identity.active)
}

/** A person's name in Telegram is called with its sign; a group, whose number is negative, has a title. */
const hasSign = ({ channel, address, name }: IdentityView) => channel === "telegram" && name !== "" && !address.startsWith("-")

/** A visitor of the website has no address that means something to people. */
export function addressOf(identity: IdentityView): string {
  if (hasSign(identity)) return `@${identity.name}`
  return identity.name || (identity.channel === "webchat" ? t("common.channel_webchat") : identity.address)
}
