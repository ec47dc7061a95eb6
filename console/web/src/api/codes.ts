/** Proof by a code. */

/** Somebody to whom a code can be sent, and where. */
export interface CodeTarget {
  customer_id: string
  channel: string
}
