/**
 * The socket to the server, kept up: says hello with the last `seq`, comes back after a
 * close as its code asks, and at once when the browser says `online` or the tab is shown.
 *
 * What it promises: `onFrame` gets every frame in order; between `welcome` and the next
 * close `send` reaches an open socket, else it returns false; the hello is made anew for
 * every connection, so that it resumes where the thread then stands.
 */
import { parseFrame } from "./protocol";
import type { Hello, ServerFrame, VisitorFrame } from "./protocol";

/** `refused`: the site is not allowed. `replaced`: too many tabs; this one rests until it is used. */
export type Connection = "idle" | "connecting" | "online" | "waiting" | "refused" | "replaced";

/** A close that needs no waiting and is ours: the thread saw a gap, or the network changed. */
export const COME_BACK = 4000;
const WELCOME_WITHIN_MS = 10_000;
const QUIET_MS = 60_000;
const LOOK_MS = 15_000;
const SLEPT_MS = 45_000;

export type Socket = Pick<WebSocket, "readyState" | "send" | "close" | "onopen" | "onmessage" | "onclose">;

export interface Surroundings {
  readonly openSocket: (address: string) => Socket;
  readonly setTimer: (act: () => void, delayMs: number) => number;
  readonly clearTimer: (timer: number) => void;
  readonly nowMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface Listener {
  readonly hello: () => Hello;
  readonly onFrame: (frame: ServerFrame) => void;
  readonly onConnection: (connection: Connection, closeCode: number | null) => void;
  readonly onTokenRejected: () => void;
}

/**
 * How long to stay away after a close, in milliseconds; null to stay away for good.
 *
 * `attempt` counts the closes since the last welcome, from 1; `random` is uniform in [0, 1).
 */
export function reconnectDelayMs(closeCode: number, attempt: number, random: number): number | null {
  switch (closeCode) {
    case COME_BACK:
      return 0;
    case 4403:
    case 4409:
      return null;
    case 4401:
      return attempt <= 1 ? 0 : backoffMs(attempt, random);
    case 4429:
      return 10_000 + 2_000 * random;
    case 1012:
      return attempt <= 1 ? 5_000 * random : backoffMs(attempt - 1, random);
    default:
      return backoffMs(attempt, random);
  }
}

function backoffMs(attempt: number, random: number): number {
  const wait = Math.min(30_000, 1_000 * 2 ** Math.min(attempt - 1, 10));
  return wait * (0.75 + 0.5 * random);
}

export class Transport {
  private socket: Socket | null = null;
  private connection: Connection = "idle";
  private attempt = 0;
  private retryTimer = 0;
  private welcomeTimer = 0;
  private lookTimer = 0;
  private lookedAtMs = 0;
  private heardAtMs = 0;
  private notBeforeMs = 0;

  constructor(
    private readonly address: string,
    private readonly listener: Listener,
    private readonly around: Surroundings,
  ) {}

  /** Connect, unless connected, on the way, or not allowed. */
  start(): void {
    if (this.socket || this.connection === "refused") return;
    this.around.clearTimer(this.retryTimer);
    this.setConnection("connecting", null);
    const socket = this.around.openSocket(this.address);
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify(this.listener.hello()));
    socket.onmessage = (event) => {
      if (socket === this.socket) this.hear(event.data);
    };
    socket.onclose = (event) => this.closed(socket, event.code);
    this.welcomeTimer = this.around.setTimer(() => this.drop(socket, 1006), WELCOME_WITHIN_MS);
  }

  /** Whether the frame went to an open, welcomed socket. */
  send(frame: VisitorFrame): boolean {
    if (this.connection !== "online" || this.socket?.readyState !== 1) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Close and say hello again at once: the thread has a gap, or who we are has changed. */
  resume(): void {
    if (this.socket) this.drop(this.socket, COME_BACK);
  }

  /** The socket is silent where it must not be: give it up and come back by the usual waits. */
  giveUp(): void {
    if (this.socket) this.drop(this.socket, 1006);
  }

  /** The network may have changed, or the tab is seen again: no reason to wait any longer. */
  wake({ networkChanged }: { networkChanged: boolean }): void {
    if (this.connection === "idle") return;
    if (!this.socket) {
      if (this.around.nowMs() >= this.notBeforeMs) this.start();
    } else if (this.connection === "online") {
      const quietMs = this.around.nowMs() - this.heardAtMs;
      if (networkChanged || quietMs > QUIET_MS) this.resume();
    }
  }

  private hear(data: unknown): void {
    const frame = parseFrame(data);
    this.heardAtMs = this.around.nowMs();
    if (!frame) return;
    if (frame.type === "later") this.notBeforeMs = this.heardAtMs + frame.retry_after_s * 1_000;
    if (frame.type !== "welcome") return this.listener.onFrame(frame);
    this.attempt = 0;
    this.around.clearTimer(this.welcomeTimer);
    this.listener.onFrame(frame);
    this.setConnection("online", null);
    this.look();
  }

  private closed(socket: Socket, code: number): void {
    if (socket !== this.socket) return;
    this.socket = null;
    this.around.clearTimer(this.welcomeTimer);
    this.around.clearTimer(this.lookTimer);
    this.attempt += 1;
    if (code === 4401) this.listener.onTokenRejected();
    const delayMs = reconnectDelayMs(code, this.attempt, this.around.random());
    if (delayMs === null) return this.setConnection(code === 4403 ? "refused" : "replaced", code);
    this.setConnection("waiting", code);
    this.retryTimer = this.around.setTimer(() => this.start(), Math.max(delayMs, this.notBeforeMs - this.around.nowMs()));
  }

  /** Does not wait for the browser's own close event, which a dead network holds up for a minute. */
  private drop(socket: Socket, code: number): void {
    if (socket !== this.socket) return;
    this.closed(socket, code);
    socket.close(COME_BACK);
  }

  /** A computer that slept keeps a socket that only looks open; a late timer gives it away. */
  private look(): void {
    this.around.clearTimer(this.lookTimer);
    this.lookedAtMs = this.around.nowMs();
    this.lookTimer = this.around.setTimer(() => {
      if (this.around.nowMs() - this.lookedAtMs > SLEPT_MS) this.resume();
      else this.look();
    }, LOOK_MS);
  }

  private setConnection(connection: Connection, closeCode: number | null): void {
    this.connection = connection;
    this.listener.onConnection(connection, closeCode);
  }
}
