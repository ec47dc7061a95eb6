/** The provider's side, played by the test: sockets, and time. */
import type { VisitorFrame } from "../src/frame/protocol";
import type { Socket, Surroundings } from "../src/frame/transport";

/** A socket whose other end is the test. */
export class FakeSocket {
  readyState = 0;
  sent: VisitorFrame[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  send(data: string): void {
    this.sent.push(JSON.parse(data) as VisitorFrame);
  }

  /** A dead network: the browser's own close event does not come. */
  close(): void {
    this.readyState = 2;
  }

  opens(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  hears(frame: object): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  breaks(code: number): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
}

/** Timers that run when the test says so. */
export class Clock {
  nowMs = 0;
  private timers = new Map<number, { atMs: number; act: () => void }>();
  private last = 0;

  set = (act: () => void, delayMs: number): number => {
    this.timers.set(++this.last, { atMs: this.nowMs + delayMs, act });
    return this.last;
  };

  clear = (timer: number): void => void this.timers.delete(timer);

  passes(ms: number): void {
    const until = this.nowMs + ms;
    for (;;) {
      const due = [...this.timers].filter(([, { atMs }]) => atMs <= until).sort(([, one], [, other]) => one.atMs - other.atMs)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.nowMs = Math.max(this.nowMs, due[1].atMs);
      due[1].act();
    }
    this.nowMs = until;
  }

  /** The computer sleeps: time passes and no timer runs. */
  sleeps(ms: number): void {
    this.nowMs += ms;
  }
}

/** What the browser gives the chat; every socket it opens is added to `sockets`. */
export function surroundings(clock: Clock, sockets: FakeSocket[]): Surroundings {
  return {
    openSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket as unknown as Socket;
    },
    setTimer: clock.set,
    clearTimer: clock.clear,
    nowMs: () => clock.nowMs,
    random: () => 0.5,
  };
}
