/** What a mark in a thread says: `marks.ts`. */
import { beforeAll, expect, test, vi } from "vitest"
import type { MarkItem } from "@/api/shapes"
import { speak } from "@/language"
import { ANNA, at, BORIS, id } from "@/testing"
import { markInWords, missedInWords } from "./marks"

const names = { operator: (one: string) => (one === ANNA ? "Anna" : "Boris"), line: () => "Night" }

function said(event: string, over: Partial<MarkItem> = {}) {
  const bare = { operator_id: null, to_operator_id: null, to_line_id: null, reason: null, merged_id: null }
  return markInWords({ type: "mark", id: 1, conversation_id: id(1), after_seq: 1, event, at: at(1), ...bare, ...over }, names)
}

beforeAll(async () => {
  vi.stubGlobal("document", { documentElement: {} })
  await speak("en")
})

test("people are named, and so is the reason they gave", () => {
  expect(said("ConversationClosed", { operator_id: ANNA, reason: "solved" })).toBe("Closed by Anna: solved")
})

test("of what the desk did by itself the code is put into words", () => {
  expect(said("ConversationAssigned", { operator_id: ANNA, reason: "taken" })).toBe("Anna took it")
  expect(said("ConversationClosed", { reason: "customer_silent" })).toBe("Closed: the customer did not answer")
  expect(said("ConversationClosed", { operator_id: ANNA, reason: "merged" })).toBe("Closed by Anna: merged into another")
  expect(said("ConversationMerged", { operator_id: ANNA })).toBe("Anna merged another conversation of the customer into it")
  expect(said("SlaWarned", { reason: "first_reply" })).toBe("Soon too late for the first reply")
  expect(said("SlaBreached", { reason: "resolution" })).toBe("Too late for the solution")
  expect(said("CustomerProven", { reason: "code" })).toBe("The customer proved by a code who they are")
  expect(said("ConversationRated", { reason: "five_4" })).toBe("The customer rated it: 4 of 5")
  expect(said("ConversationRated", { reason: "like_0" })).toBe("The customer did not like it")
  expect(said("ConversationRated", { reason: null })).toBe("The customer rated it")
  expect(said("CustomerActed", { reason: "phone" })).toBe("The customer gave their phone number: it is on the card")
  expect(said("CustomerActed", { reason: "winked" })).toBe("")
})

test("where it went is named", () => {
  expect(said("ConversationOverflowed", { to_line_id: id(1) })).toBe("Waited too long, given on to Night")
  expect(said("ConversationReturned", { operator_id: ANNA, to_operator_id: BORIS })).toBe("Anna did not accept it: back with Boris")
})

test("what this page does not know says nothing", () => {
  expect(said("ConversationFrozen", { reason: "cold" })).toBe("")
})

test("an offer that ended says who was asked, and how it ended", () => {
  expect(said("OfferExpired", { operator_id: ANNA, reason: "30" })).toBe("Offered to Anna, no answer within 30s: back in the queue")
  expect(said("OfferExpired", { operator_id: ANNA })).toBe("Offered to Anna, no answer: back in the queue")
  expect(said("OfferDeclined", { operator_id: ANNA, reason: "at lunch" })).toBe("Anna declined: at lunch")
  expect(said("OfferDeclined", { operator_id: BORIS })).toBe("Boris declined")
  expect(said("OfferDeclined", { operator_id: BORIS, reason: "operator_gone" })).toBe("Boris is gone: offered to others")
})

test("several offers that ended name each operator once", () => {
  const item = (n: number, who: string): MarkItem => ({
    type: "mark", id: n, conversation_id: id(1), after_seq: 1, event: "OfferExpired", at: at(n),
    operator_id: who, to_operator_id: null, to_line_id: null, reason: "30", merged_id: null,
  })
  expect(missedInWords([item(1, ANNA), item(2, BORIS), item(3, ANNA)], names)).toBe("3 offers were not taken up: Anna, Boris")
})
