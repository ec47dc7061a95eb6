/** When the contact form is shown (pure). */
import type { HostIdentity } from "../bridge";
import type { Settings } from "../settings";

/** `given` and `later` are kept in the browser; nothing is kept before the visitor decides. */
export type ContactAnswer = "given" | "later" | null;
export type ContactPlace = "before_chat" | "in_chat" | "nowhere";

export function contactPlace(
  asked: Settings["ask_contact"],
  { answer, hasSpoken, identity }: { answer: ContactAnswer; hasSpoken: boolean; identity: HostIdentity | null },
): ContactPlace {
  if (asked === "never" || answer || identity?.email || identity?.phone) return "nowhere";
  if (asked === "before") return hasSpoken ? "nowhere" : "before_chat";
  return hasSpoken ? "in_chat" : "nowhere";
}
