/** The socket that is kept up: `frame/transport`. */
import { beforeEach, describe, expect, test } from "vitest";
import { Transport, reconnectDelayMs } from "../src/frame/transport";
import type { Connection, Surroundings } from "../src/frame/transport";
import type { Hello, ServerFrame } from "../src/frame/protocol";
import { Clock, surroundings } from "./fake-server";
import type { FakeSocket } from "./fake-server";

let sockets: FakeSocket[];
let clock: Clock;
let frames: ServerFrame[];
let connections: Connection[];
let rejectedTokens: number;
let afterSeq: number;
let transport: Transport;

const newest = () => sockets[sockets.length - 1]!;

function welcomed(): void {
  newest().opens();
  newest().hears({ type: "welcome", token: "t", messages: [] });
}

beforeEach(() => {
  sockets = [];
  frames = [];
  connections = [];
  rejectedTokens = 0;
  afterSeq = 0;
  clock = new Clock();
  const around: Surroundings = surroundings(clock, sockets);
  const hello = (): Hello => ({
    type: "hello", token: null, after_seq: afterSeq, page: { url: "", title: "", referrer: "" }, language: "ru", identity: null, build: "b",
  });
  transport = new Transport("ws://desk/chat/shop/socket", {
    hello,
    onFrame: (frame) => frames.push(frame),
    onConnection: (connection) => connections.push(connection),
    onTokenRejected: () => rejectedTokens++,
  }, around);
  transport.start();
});

describe("saying hello", () => {
  test("the first frame on every socket is a hello with the last seq held", () => {
    welcomed();
    afterSeq = 42;
    newest().breaks(1006);
    clock.passes(2_000);
    newest().opens();
    expect(newest().sent).toMatchObject([{ type: "hello", after_seq: 42 }]);
  });

  test("nothing is sent before the welcome", () => {
    newest().opens();
    expect(transport.send({ type: "typing" })).toBe(false);
    newest().hears({ type: "welcome", token: "t", messages: [] });
    expect(transport.send({ type: "typing" })).toBe(true);
  });

  test("a second start opens no second socket", () => {
    transport.start();
    expect(sockets).toHaveLength(1);
  });

  test("a server that does not answer is given up after ten seconds", () => {
    newest().opens();
    clock.passes(10_000);
    expect(connections.at(-1)).toBe("waiting");
    clock.passes(2_000);
    expect(sockets).toHaveLength(2);
  });
});

describe("what comes in", () => {
  test("frames are handed on in order", () => {
    welcomed();
    newest().hears({ type: "read", seq: 1 });
    newest().hears({ type: "typing", name: "Anna" });
    expect(frames.map(({ type }) => type)).toEqual(["welcome", "read", "typing"]);
  });

  test("what is not ours, or newer than we are, is passed over", () => {
    welcomed();
    newest().hears({ type: "confetti" });
    newest().onmessage?.({ data: "not json" });
    newest().onmessage?.({ data: new ArrayBuffer(1) });
    expect(frames).toHaveLength(1);
  });

  test("a socket that was given up is not listened to any more", () => {
    welcomed();
    const old = newest();
    transport.resume();
    old.hears({ type: "read", seq: 1 });
    expect(frames).toHaveLength(1);
  });
});

describe("coming back", () => {
  test("waits longer each time, up to half a minute, and starts over after a welcome", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 20].map((attempt) => reconnectDelayMs(1006, attempt, 0.5));
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  test("visitors do not come back all at once", () => {
    expect(reconnectDelayMs(1006, 3, 0)).toBe(3_000);
    expect(reconnectDelayMs(1006, 3, 0.999)).toBeCloseTo(5_000, -1);
  });

  test("after a restart within five seconds, spread out", () => {
    expect(reconnectDelayMs(1012, 1, 0)).toBe(0);
    expect(reconnectDelayMs(1012, 1, 0.999)).toBeLessThan(5_000);
  });

  test("when asked to slow down after ten seconds at least", () => {
    expect(reconnectDelayMs(4429, 1, 0)).toBe(10_000);
  });

  test("not before it may, though the tab is shown again", () => {
    welcomed();
    newest().hears({ type: "later", client_id: null, retry_after_s: 60 });
    newest().breaks(4429);
    clock.passes(59_000);
    transport.wake({ networkChanged: true });
    expect(sockets).toHaveLength(1);
    clock.passes(1_000);
    expect(sockets).toHaveLength(2);
  });

  test("at once when the network is back", () => {
    welcomed();
    newest().breaks(1006);
    transport.wake({ networkChanged: true });
    expect(sockets).toHaveLength(2);
    clock.passes(60_000);
    expect(sockets.length).toBeGreaterThan(1);
  });

  test("at once when the thread has a gap", () => {
    welcomed();
    transport.resume();
    clock.passes(0);
    expect(sockets).toHaveLength(2);
  });
});

describe("being told to go", () => {
  test("a token that is not ours is forgotten and a new hello said at once", () => {
    newest().opens();
    newest().breaks(4401);
    clock.passes(0);
    expect(rejectedTokens).toBe(1);
    expect(sockets).toHaveLength(2);
  });

  test("a server that rejects even no token is not stormed", () => {
    newest().breaks(4401);
    clock.passes(0);
    newest().breaks(4401);
    clock.passes(1_000);
    expect(sockets).toHaveLength(2);
  });

  test("a site that is not allowed never comes back", () => {
    newest().breaks(4403);
    clock.passes(3_600_000);
    transport.wake({ networkChanged: true });
    transport.start();
    expect(sockets).toHaveLength(1);
    expect(connections.at(-1)).toBe("refused");
  });

  test("one tab too many rests until it is used", () => {
    welcomed();
    newest().breaks(4409);
    clock.passes(3_600_000);
    expect(sockets).toHaveLength(1);
    transport.start();
    expect(sockets).toHaveLength(2);
  });
});

describe("a socket that only looks open", () => {
  test("is left at once when the network changes", () => {
    welcomed();
    transport.wake({ networkChanged: true });
    clock.passes(0);
    expect(sockets).toHaveLength(2);
  });

  test("is kept when the tab is shown and it was just heard", () => {
    welcomed();
    transport.wake({ networkChanged: false });
    clock.passes(0);
    expect(sockets).toHaveLength(1);
  });

  test("is left when the computer has slept", () => {
    welcomed();
    clock.sleeps(600_000);
    clock.passes(15_000);
    expect(sockets.length).toBeGreaterThan(1);
  });

  test("is kept for hours while the computer is awake", () => {
    welcomed();
    clock.passes(3 * 3_600_000);
    expect(sockets).toHaveLength(1);
  });
});
