/** Files before they are sent: `frame/uploads` and `frame/upload-request`. */
import { describe, expect, test, vi } from "vitest";
import { problemOfStatus, retryAfterMs } from "../src/frame/upload-request";
import { Uploads, problemWith } from "../src/frame/uploads";

const LIMITS = { max_file_bytes: 1_000, max_files: 2 };

describe("before a byte is sent", () => {
  test.each([[0, "empty"], [1, null], [1_000, null], [1_001, "too_big"]])("a file of %i bytes is %s", (size, problem) => {
    expect(problemWith({ size }, { alongside: 0 }, LIMITS)).toBe(problem);
  });

  test("one file too many is refused", () => {
    expect(problemWith({ size: 1 }, { alongside: 2 }, LIMITS)).toBe("too_many");
  });
});

test.each([[200, null], [413, "too_big"], [415, "forbidden"], [401, "network"], [500, "network"], [0, "network"]])(
  "the answer %i means %s",
  (status, problem) => {
    expect(problemOfStatus(status)).toBe(problem);
  },
);

test.each([["7", 7_000], [null, 5_000], ["Sat, 21 Nov 2026 12:00:00 GMT", 5_000], ["-1", 5_000]])(
  "who is told to wait %s waits %i ms",
  (header, waitMs) => {
    expect(retryAfterMs(header)).toBe(waitMs);
  },
);

test("a file that was put off goes by itself, and the message with it", async () => {
  vi.useFakeTimers();
  let sent = 0;
  class Request {
    readonly upload = {};
    status = 0;
    response: object | null = null;
    onload: () => void = () => undefined;
    open(): void {}
    setRequestHeader(): void {}
    abort(): void {}
    getResponseHeader = () => "3";
    send(): void {
      this.status = ++sent === 1 ? 429 : 200;
      this.response = { id: "f1" };
      queueMicrotask(() => this.onload());
    }
  }
  vi.stubGlobal("XMLHttpRequest", Request);
  const list = new Uploads("/files", LIMITS, () => "token", () => "1");
  list.add([new File(["x"], "a.txt")]);
  await vi.waitFor(() => expect(list.list.value).toMatchObject([{ state: "slowed", problem: null }]));
  expect(list.take()).toBeNull();
  list.resume();
  await vi.advanceTimersByTimeAsync(2_900);
  expect(sent).toBe(1);
  await vi.advanceTimersByTimeAsync(200);
  await vi.waitFor(() => expect(list.list.value).toMatchObject([{ state: "stored" }]));
  expect(list.take()).toEqual([{ id: "f1" }]);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe("without a connection", () => {
  function uploads(): Uploads {
    let last = 0;
    return new Uploads("/files", LIMITS, () => null, () => String(++last));
  }

  test("files wait, and the message with them", () => {
    const list = uploads();
    list.add([new File(["x"], "a.txt")]);
    expect(list.list.value).toMatchObject([{ state: "waiting", problem: null }]);
    expect(list.take()).toBeNull();
  });

  test("a file that may not go does not count against the others", () => {
    const list = uploads();
    list.add([new File([], "empty"), new File(["x"], "a"), new File(["x"], "b"), new File(["x"], "c")]);
    expect(list.list.value.map(({ problem }) => problem)).toEqual(["empty", null, null, "too_many"]);
  });

  test("a removed file no longer holds the message", () => {
    const list = uploads();
    list.add([new File(["x"], "a.txt")]);
    list.remove("1");
    expect(list.take()).toEqual([]);
  });
});
