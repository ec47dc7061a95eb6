/** A message is as far as its slowest piece. Pure. */
import type { DeliveryState, DeliveryView } from "@/api/shapes"

const order: DeliveryState[] = ["failed", "unconfirmed", "queued", "sending", "sent", "delivered", "read"]

export const slowest = (deliveries: readonly DeliveryView[]): DeliveryView | undefined =>
  [...deliveries].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state)).at(0)
