/** The socket's frames: docs/widget-protocol.md, as types. */
import type { HostIdentity, Page } from "../bridge";

export interface StoredFile {
  readonly id: string;
  readonly name: string;
  readonly mime: string;
  readonly size_bytes: number;
  readonly url: string;
  readonly width: number | null;
  readonly height: number | null;
}

/** What may be pressed under a message: a score brings `value` back, a choice is said. */
export interface Choice {
  readonly label: string;
  readonly value: string;
  readonly url: string | null;
  readonly asks_phone: boolean;
}

export type Author = "customer" | "operator" | "bot" | "desk";

export interface Message {
  readonly id: string;
  readonly seq: number;
  readonly author: Author;
  readonly name: string | null;
  readonly avatar_url: string | null;
  readonly client_id: string | null;
  readonly text: string;
  readonly files: readonly StoredFile[];
  readonly buttons?: readonly Choice[];
  /** ISO 8601, UTC. */
  readonly at: string;
}

export interface Operator {
  readonly name: string;
  readonly avatar_url: string | null;
}

export interface Outlook {
  readonly open: boolean;
  readonly opens_at: string | null;
  readonly online: boolean;
}

export type ConversationState = "none" | "waiting" | "open" | "closed";

export interface Standing {
  readonly operator: Operator | null;
  readonly state: ConversationState;
  readonly outlook: Outlook;
}

export type RefusalCode = "empty" | "too_long" | "bad_file" | "bad_contact" | "malformed" | "over";

export interface Welcome extends Standing {
  readonly type: "welcome";
  readonly token: string;
  readonly seq: number;
  readonly messages: readonly Message[];
  readonly more: boolean;
  readonly reset: boolean;
  readonly read_seq: number;
}

export interface Ack {
  readonly type: "ack";
  readonly client_id: string;
  readonly seq: number | null;
  readonly id: string;
  readonly at: string;
}

export interface Refused {
  readonly type: "refused";
  readonly client_id: string;
  readonly code: RefusalCode;
  readonly reason: string;
}

/** Not stored, and to be said again after so many seconds; without `client_id` a close follows. */
export interface Later {
  readonly type: "later";
  readonly client_id: string | null;
  readonly retry_after_s: number;
}

export type ServerFrame =
  | Welcome
  | Ack
  | Refused
  | Later
  | { readonly type: "message"; readonly message: Message }
  | { readonly type: "read"; readonly seq: number }
  | { readonly type: "typing"; readonly name: string }
  | ({ readonly type: "status" } & Standing)
  | { readonly type: "history"; readonly messages: readonly Message[]; readonly more: boolean };

export interface Hello {
  readonly type: "hello";
  readonly token: string | null;
  readonly after_seq: number;
  readonly page: Page;
  readonly language: string;
  readonly identity: HostIdentity | null;
  readonly build: string;
}

export interface Contact {
  readonly name: string;
  readonly phone: string;
  readonly email: string;
}

export type VisitorFrame =
  | Hello
  | { readonly type: "send"; readonly client_id: string; readonly text: string; readonly files: readonly string[]; readonly press?: string }
  | ({ readonly type: "contact"; readonly client_id: string } & Contact)
  | { readonly type: "received"; readonly seq: number }
  | { readonly type: "read"; readonly seq: number }
  | { readonly type: "typing" }
  | { readonly type: "page"; readonly url: string; readonly title: string }
  | { readonly type: "history"; readonly before_seq: number };

const KNOWN: ReadonlySet<string> = new Set<ServerFrame["type"]>([
  "welcome", "message", "ack", "refused", "later", "read", "typing", "status", "history",
]);

/** The frame in `data`; null for anything that is not one of ours, or is newer than we are. */
export function parseFrame(data: unknown): ServerFrame | null {
  if (typeof data !== "string") return null;
  try {
    const frame: unknown = JSON.parse(data);
    if (typeof frame !== "object" || frame === null) return null;
    const { type } = frame as { type?: unknown };
    return typeof type === "string" && KNOWN.has(type) ? (frame as ServerFrame) : null;
  } catch {
    return null;
  }
}
