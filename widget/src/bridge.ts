/**
 * What the loader on the host page and the chat in the frame say to each other.
 *
 * Both sides take a message only from the one window and the one origin they expect, and
 * always name the origin they speak to.
 */

export interface Page {
  readonly url: string;
  readonly title: string;
  readonly referrer: string;
}

/** Who the host site says the visitor is; without a valid signature it is only a hint. */
export interface HostIdentity {
  readonly user_id?: string;
  readonly signature?: string;
  /** Until when the signature is good, in seconds since 1970. */
  readonly expires_at?: number;
  readonly name?: string;
  readonly email?: string;
  readonly phone?: string;
}

/** A second `start` tells the frame a new identity; a `token` of "" that somebody else is to begin. */
export type LoaderMessage =
  | { type: "start"; token: string | null; page: Page; open: boolean; identity: HostIdentity | null }
  | { type: "opened" }
  | { type: "closed" }
  | { type: "page"; url: string; title: string };

export type FrameMessage =
  | { type: "ready" }
  | { type: "token"; token: string }
  | { type: "unread"; count: number }
  | { type: "close" };

export interface Peer {
  readonly window: unknown;
  readonly origin: string;
}

type Incoming = Pick<MessageEvent, "data" | "origin" | "source">;

/** The message, if it is one of ours and comes from `peer`; else null. */
export function messageFrom<M extends LoaderMessage | FrameMessage>(event: Incoming, peer: Peer): M | null {
  if (!peer.window || event.source !== peer.window || event.origin !== peer.origin) return null;
  const data: unknown = event.data;
  if (typeof data !== "object" || data === null) return null;
  const message = data as Record<string, unknown>;
  return message["liniya"] === 1 && typeof message["type"] === "string" ? (data as M) : null;
}

/** `message` as it travels. */
export function sealed<M extends LoaderMessage | FrameMessage>(message: M): M & { liniya: 1 } {
  return { liniya: 1, ...message };
}

/** Where the frame finds the host page's origin: in the fragment, which no server and no log sees. */
export function frameAddress(frame: string, hostOrigin: string): string {
  return `${frame}#host=${encodeURIComponent(hostOrigin)}`;
}

/** The host page's origin out of the frame's fragment; null on the public page. */
export function hostOrigin(fragment: string): string | null {
  const found = /^#host=(.+)$/.exec(fragment);
  if (!found) return null;
  try {
    const origin = new URL(decodeURIComponent(found[1] ?? "")).origin;
    return origin === "null" ? null : origin;
  } catch {
    return null;
  }
}
