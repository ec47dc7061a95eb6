/**
 * What the visitor said and the server has not yet acknowledged.
 *
 * Pure: every function gives a new outbox. One item is under way at a time, in the order in
 * which they were written. A `client_id` is made once and kept over reloads and repeats, so
 * that the server stores an item once however often it is sent. An item leaves when its ack
 * or its message arrives.
 *
 * Each item is stored under a name of its own: two tabs add and remove without overwriting
 * each other.
 */
import type { Ack, Choice, Contact, Message, RefusalCode, StoredFile, VisitorFrame } from "./protocol";
import type { Store } from "./storage";

export const MAX_ITEMS = 50;
/** So often an item may go out without an answer before the visitor is asked. */
export const MAX_ATTEMPTS = 5;

export type ItemState = "waiting" | "sending" | "failed";
export type Failure = RefusalCode | "no_answer";

interface Stamp {
  readonly client_id: string;
  /** When it was written, ISO 8601, UTC. */
  readonly at: string;
  readonly state: ItemState;
  readonly attempts: number;
  readonly failure: Failure | null;
}

export interface SaidItem extends Stamp {
  readonly kind: "said";
  readonly text: string;
  readonly files: readonly StoredFile[];
  /** The value of the score that was pressed. */
  readonly press?: string;
}

export interface ContactItem extends Stamp {
  readonly kind: "contact";
  readonly contact: Contact;
}

export type Item = SaidItem | ContactItem;
export type Outbox = readonly Item[];

interface Fresh {
  readonly client_id: string;
  readonly at: string;
}

export function said(text: string, files: readonly StoredFile[], { client_id, at }: Fresh): SaidItem {
  return { kind: "said", text, files, client_id, at, state: "waiting", attempts: 0, failure: null };
}

/** A choice is a message of its words; a score goes with its value. */
export function chosen({ label, value }: Choice, fresh: Fresh): SaidItem {
  const item = said(label, [], fresh);
  return value.startsWith("rate:") ? { ...item, press: value } : item;
}

export function contactGiven(contact: Contact, { client_id, at }: Fresh): ContactItem {
  return { kind: "contact", contact, client_id, at, state: "waiting", attempts: 0, failure: null };
}

export function isFull(outbox: Outbox): boolean {
  return outbox.length >= MAX_ITEMS;
}

/** With `item` at the end; unchanged when it is full or holds it already. */
export function withItem(outbox: Outbox, item: Item): Outbox {
  return isFull(outbox) || find(outbox, item.client_id) ? outbox : [...outbox, item];
}

/** The next to go out; null while another is under way or none waits. */
export function nextUp(outbox: Outbox): Item | null {
  if (outbox.some((item) => item.state === "sending")) return null;
  return outbox.find((item) => item.state === "waiting") ?? null;
}

export function underWay(outbox: Outbox): Item | null {
  return outbox.find((item) => item.state === "sending") ?? null;
}

export function find(outbox: Outbox, clientId: string): Item | null {
  return outbox.find((item) => item.client_id === clientId) ?? null;
}

export function sending(outbox: Outbox, clientId: string): Outbox {
  return change(outbox, clientId, (item) => ({ ...item, state: "sending", attempts: item.attempts + 1, failure: null }));
}

/**
 * The connection went: what was under way waits again, or has failed when that happened too often.
 *
 * `blameless`: the close has nothing to do with the item (a restart, a request to slow down).
 */
export function interrupted(outbox: Outbox, { blameless }: { blameless: boolean }): Outbox {
  const item = underWay(outbox);
  if (!item) return outbox;
  const attempts = blameless ? item.attempts - 1 : item.attempts;
  if (attempts >= MAX_ATTEMPTS) return failed(outbox, item.client_id, "no_answer");
  return change(outbox, item.client_id, (held) => ({ ...held, state: "waiting", attempts }));
}

export function failed(outbox: Outbox, clientId: string, failure: Failure): Outbox {
  return change(outbox, clientId, (item) => ({ ...item, state: "failed", failure }));
}

export function without(outbox: Outbox, clientIds: Iterable<string>): Outbox {
  const gone = new Set(clientIds);
  return outbox.some((item) => gone.has(item.client_id)) ? outbox.filter((item) => !gone.has(item.client_id)) : outbox;
}

/**
 * A failed item tries again, as the last in the row.
 *
 * What was refused was not stored and goes under `freshId`, for the same id would get the same
 * answer; what had no answer may have been stored and keeps its own.
 */
export function retried(outbox: Outbox, clientId: string, freshId: string): Outbox {
  const item = find(outbox, clientId);
  if (item?.state !== "failed") return outbox;
  const id = item.failure === "no_answer" ? clientId : freshId;
  return [...without(outbox, [clientId]), { ...item, client_id: id, state: "waiting", attempts: 0, failure: null }];
}

export function frameFor(item: Item): VisitorFrame {
  const { client_id } = item;
  if (item.kind === "contact") return { type: "contact", client_id, ...item.contact };
  const frame = { type: "send", client_id, text: item.text, files: item.files.map((file) => file.id) } as const;
  return item.press ? { ...frame, press: item.press } : frame;
}

/** What was acknowledged, as the thread holds it. The server shows a press without our id. */
export function asStored({ client_id, text, files, press }: SaidItem, { id, at }: Ack, seq: number): Message {
  return { id, seq, author: "customer", name: null, avatar_url: null, client_id: press ? null : client_id, text, files, at };
}

const PREFIX = "out:";

/** What an earlier visit, or another tab, left unsent; oldest first. */
export function loadOutbox(store: Store): Outbox {
  const items = store.names(PREFIX).map((name) => parseItem(store.get(name))).filter((item) => item !== null);
  items.sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
  return items.slice(0, MAX_ITEMS);
}

/** Writes what differs between two outboxes. */
export function saveOutbox(store: Store, before: Outbox, after: Outbox): void {
  for (const item of before) if (!find(after, item.client_id)) store.set(PREFIX + item.client_id, null);
  for (const item of after) {
    if (find(before, item.client_id) !== item) store.set(PREFIX + item.client_id, JSON.stringify(item));
  }
}

function change(outbox: Outbox, clientId: string, to: (item: Item) => Item): Outbox {
  return outbox.map((item) => (item.client_id === clientId ? to(item) : item));
}

function parseItem(value: string | null): Item | null {
  try {
    const item = JSON.parse(value ?? "null") as Item | null;
    if (!item || typeof item.client_id !== "string" || (item.kind !== "said" && item.kind !== "contact")) return null;
    return item.state === "sending" ? { ...item, state: "waiting" } : item;
  } catch {
    return null;
  }
}
