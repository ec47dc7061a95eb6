/** One file's way to the server; XMLHttpRequest, because `fetch` tells no progress of what it sends. */
import type { StoredFile } from "./protocol";
import type { FileProblem, Upload } from "./uploads";

interface Sending {
  readonly address: string;
  readonly token: string;
  readonly onChange: (to: Partial<Upload>) => void;
  readonly cancelled: AbortSignal;
}

/** Waits and goes again, as often as the server wants. Rejects with `{problem}`. */
export async function sendFile(file: File, sending: Sending): Promise<StoredFile> {
  for (;;) {
    const answer = await sendOnce(file, sending);
    if (typeof answer !== "number") return answer;
    sending.onChange({ state: "slowed" });
    await new Promise((wake) => setTimeout(wake, answer));
    if (sending.cancelled.aborted) throw new DOMException("removed meanwhile", "AbortError");
    sending.onChange({ state: "uploading", progress: 0 });
  }
}

/** The stored file, or how many milliseconds it has to wait. */
function sendOnce(file: File, { address, token, onChange, cancelled }: Sending): Promise<StoredFile | number> {
  return new Promise((done, fail) => {
    const refuse = (problem: FileProblem) => fail({ problem });
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.responseType = "json";
    request.upload.onprogress = ({ lengthComputable, loaded, total }) => {
      if (lengthComputable) onChange({ progress: loaded / total });
    };
    request.onload = () => {
      if (request.status === 429) return done(retryAfterMs(request.getResponseHeader("Retry-After")));
      const problem = problemOfStatus(request.status) ?? (request.response ? null : "network");
      if (problem) refuse(problem);
      else done(request.response as StoredFile);
    };
    request.onerror = () => refuse("network");
    cancelled.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("file", file, file.name);
    request.send(form);
  });
}

/** What the server's answer to an upload means. */
export function problemOfStatus(status: number): FileProblem | null {
  if (status >= 200 && status < 300) return null;
  if (status === 413) return "too_big";
  return status === 415 ? "forbidden" : "network";
}

/** The wait that a `Retry-After` of seconds asks for; some seconds if it does not say. */
export function retryAfterMs(header: string | null): number {
  const seconds = Number(header);
  return seconds > 0 ? seconds * 1_000 : 5_000;
}
