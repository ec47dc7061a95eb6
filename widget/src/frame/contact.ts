/** When the contact form is shown (pure). */
import type { HostIdentity } from "../bridge";
import type { Settings } from "../settings";

/** `given` and `later` are kept in the browser; nothing is kept before the visitor decides. */
export type ContactAnswer = "given" | "later" | null;
export type ContactPlace = "before_chat" | "in_chat" | "nowhere";

export function contactPlace(
  asked: Settings["ask_contact"],
  { wanted, over, answer, said, identity }: { wanted?: boolean; over?: boolean; answer: ContactAnswer; said: readonly string[]; identity: HostIdentity | null },
): ContactPlace {
  if (wanted) return "in_chat";
  if (over || asked === "never" || answer || identity?.email || identity?.phone || said.some(tellsContact)) return "nowhere";
  const hasSpoken = said.length > 0;
  if (asked === "before") return hasSpoken ? "nowhere" : "before_chat";
  return hasSpoken ? "in_chat" : "nowhere";
}

/** An e-mail address or a phone number as people write them; which one exactly, the server finds. */
const tellsContact = (text: string) => /\S@\S+\.\S|(?:\d[ ().-]*){10}/.test(text);
