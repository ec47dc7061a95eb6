/**
 * What the visitor sees of the thread, as a pure reducer: state + frame → state.
 *
 * Invariant: `messages` is by `seq` and without gaps, and ends at `seq`. Own messages that
 * were acknowledged before what stands between has arrived wait in `ahead`.
 */
import type { ConversationState, Message, Operator, Outlook, ServerFrame, Welcome } from "./protocol";

export interface Thread {
  readonly messages: readonly Message[];
  readonly ahead: readonly Message[];
  /** The last message held without a gap; 0 for none. */
  readonly seq: number;
  /** The server numbers on where we do not know what stands between: say hello again. */
  readonly gap: boolean;
  /** The server has older ones. */
  readonly more: boolean;
  readonly loadingHistory: boolean;
  /** An operator has seen everything up to here. */
  readonly readSeq: number;
  readonly operator: Operator | null;
  readonly state: ConversationState;
  readonly outlook: Outlook | null;
  readonly typing: { readonly name: string; readonly untilMs: number } | null;
}

/** Besides the server's frames: our own message was acknowledged; older ones were asked for. */
export type ThreadEvent =
  | ServerFrame
  | { readonly type: "stored"; readonly message: Message }
  | { readonly type: "asked_history" }
  | { readonly type: "tick" };

export const TYPING_MS = 6_000;

export const EMPTY_THREAD: Thread = {
  messages: [],
  ahead: [],
  seq: 0,
  gap: false,
  more: false,
  loadingHistory: false,
  readSeq: 0,
  operator: null,
  state: "none",
  outlook: null,
  typing: null,
};

export function reduce(thread: Thread, event: ThreadEvent, nowMs: number): Thread {
  switch (event.type) {
    case "welcome":
      return welcomed(thread, event);
    case "message":
      return arrived(thread, event.message);
    case "stored":
      return stored(thread, event.message);
    case "history":
      return withHistory(thread, event.messages, event.more);
    case "asked_history":
      return { ...thread, loadingHistory: true };
    case "read":
      return { ...thread, readSeq: Math.max(thread.readSeq, event.seq) };
    case "typing":
      return { ...thread, typing: { name: event.name, untilMs: nowMs + TYPING_MS } };
    case "status":
      return { ...thread, operator: event.operator, state: event.state, outlook: event.outlook };
    case "tick":
      return thread.typing && thread.typing.untilMs <= nowMs ? { ...thread, typing: null } : thread;
    case "ack":
    case "refused":
    case "later":
      return thread; // the outbox's
    default:
      return assertNever(event);
  }
}

/** How many messages from us the visitor has not seen, after `seenSeq` and after their own last word. */
export function unreadCount(thread: Thread, seenSeq: number): number {
  let count = 0;
  for (let at = thread.messages.length - 1; at >= 0; at--) {
    const message = thread.messages[at];
    if (!message || message.seq <= seenSeq || message.author === "customer") break;
    count += 1;
  }
  return count;
}

function welcomed(thread: Thread, welcome: Welcome): Thread {
  const standing = {
    operator: welcome.operator,
    state: welcome.state,
    outlook: welcome.outlook,
    readSeq: welcome.read_seq,
    loadingHistory: false,
    typing: null,
    gap: false,
  };
  if (welcome.reset || thread.seq === 0) {
    const last = welcome.messages[welcome.messages.length - 1];
    const seq = Math.max(welcome.seq, last?.seq ?? 0);
    return { ...thread, ...standing, messages: welcome.messages, ahead: [], seq, more: welcome.more };
  }
  // The server numbers lower than we hold: it was restored from a backup. Start from nothing.
  if (welcome.seq < thread.seq) return { ...EMPTY_THREAD, ...standing, gap: true };
  // `more` tells of what is older than the oldest we hold, which a resume does not change.
  const resumed = welcome.messages.reduce(arrived, { ...thread, ...standing, ahead: [] });
  return resumed.gap ? { ...resumed, gap: false, messages: welcome.messages, seq: welcome.seq, more: true } : resumed;
}

function arrived(thread: Thread, message: Message): Thread {
  if (message.seq <= thread.seq) {
    return { ...thread, messages: thread.messages.map((held) => (held.seq === message.seq ? message : held)) };
  }
  if (message.seq > thread.seq + 1) return { ...thread, gap: true };
  const typing = message.author === "customer" ? thread.typing : null;
  return caughtUp({ ...thread, typing, messages: [...thread.messages, message], seq: message.seq });
}

function stored(thread: Thread, message: Message): Thread {
  if (message.seq <= thread.seq) return thread;
  if (message.seq === thread.seq + 1) return arrived(thread, message);
  if (thread.ahead.some((held) => held.seq === message.seq)) return thread;
  return { ...thread, ahead: [...thread.ahead, message].sort((one, other) => one.seq - other.seq) };
}

/** Takes up those of `ahead` that now stand next to what is held. */
function caughtUp(thread: Thread): Thread {
  const ahead = thread.ahead.filter((held) => held.seq > thread.seq);
  const [next, ...rest] = ahead;
  if (!next || next.seq !== thread.seq + 1) return ahead.length === thread.ahead.length ? thread : { ...thread, ahead };
  return caughtUp({ ...thread, messages: [...thread.messages, next], seq: next.seq, ahead: rest });
}

function withHistory(thread: Thread, older: readonly Message[], more: boolean): Thread {
  const oldest = thread.messages[0]?.seq ?? Infinity;
  const added = older.filter((message) => message.seq < oldest);
  return { ...thread, messages: [...added, ...thread.messages], more, loadingHistory: false };
}

function assertNever(event: never): never {
  throw new Error(`unknown frame ${JSON.stringify(event)}`);
}
