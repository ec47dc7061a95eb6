/** What stands in the list, from top to bottom: days, and messages grouped by who said them (pure). */
import type { Failure, Outbox, SaidItem } from "./outbox";
import type { Author, Choice, Message, StoredFile } from "./protocol";
import type { Thread } from "./thread";
import { daysBetween } from "./times";

/** How far an own message has come; null for the others'. */
export type Progress = "waiting" | "sending" | "sent" | "read" | "failed" | null;

export interface Bubble {
  readonly kind: "bubble";
  readonly key: string;
  readonly author: Author;
  readonly name: string | null;
  readonly avatar_url: string | null;
  readonly text: string;
  readonly files: readonly StoredFile[];
  readonly buttons?: readonly Choice[] | undefined;
  readonly at: Date | null;
  readonly progress: Progress;
  readonly failure: Failure | null;
  /** First and last of what one side said in a row. */
  readonly first: boolean;
  readonly last: boolean;
  /** Says its progress in words: the newest own message, and every one in trouble. */
  readonly tells: boolean;
}

export type Row = Bubble | { readonly kind: "day"; readonly key: string; readonly at: Date };

type Said = Bubble & { readonly at: Date };

const SAME_BREATH_MS = 5 * 60_000;

export function rowsOf(thread: Thread, outbox: Outbox): Row[] {
  // A score under way is seen on its button.
  const unsent = outbox.filter((item) => item.kind === "said").filter((item) => !item.press || item.state === "failed");
  const bubbles = [
    ...thread.messages.map((message) => fromMessage(message, thread.readSeq)),
    ...thread.ahead.map((message) => fromMessage(message, thread.readSeq)),
    ...unsent.map(fromItem),
  ];
  const newestOwn = findLastOwn(bubbles);
  const rows: Row[] = [];
  bubbles.forEach((bubble, at) => {
    const before = bubbles[at - 1];
    const after = bubbles[at + 1];
    if (!before || daysBetween(before.at, bubble.at) !== 0) {
      rows.push({ kind: "day", key: `day-${bubble.key}`, at: bubble.at });
    }
    const first = !before || !together(before, bubble);
    const last = !after || !together(bubble, after);
    rows.push({ ...bubble, first, last, tells: at === newestOwn || bubble.progress === "failed" });
  });
  return rows;
}

const PLAIN = { kind: "bubble", failure: null, first: true, last: true, tells: false } as const;

/** One key before and after the ack, so that a bubble stays the same node. */
function fromMessage(message: Message, readSeq: number): Said {
  const { id, seq, author, name, avatar_url, client_id, text, files, buttons, at } = message;
  const progress = author === "customer" ? (seq <= readSeq ? "read" : "sent") : null;
  return { ...PLAIN, key: client_id ?? id, author, name, avatar_url, text, files, buttons, at: new Date(at), progress };
}

function fromItem({ client_id, text, files, at, state, failure }: SaidItem): Said {
  const unnamed = { author: "customer", name: null, avatar_url: null } as const;
  return { ...PLAIN, ...unnamed, key: client_id, text, files, at: new Date(at), progress: state, failure };
}

/** What the line says before anybody has; it has no time. */
export function greetingOf(text: string, name: string): Bubble {
  return { ...PLAIN, key: "greeting", author: "desk", name, avatar_url: null, text, files: [], at: null, progress: null };
}

function together(one: Said, next: Said): boolean {
  return (
    one.author === next.author &&
    one.name === next.name &&
    next.at.getTime() - one.at.getTime() < SAME_BREATH_MS &&
    daysBetween(one.at, next.at) === 0
  );
}

function findLastOwn(bubbles: readonly Bubble[]): number {
  for (let at = bubbles.length - 1; at >= 0; at--) if (bubbles[at]?.author === "customer") return at;
  return -1;
}
