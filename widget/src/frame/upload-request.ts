/** One file's way to the server; XMLHttpRequest, because `fetch` tells no progress of what it sends. */
import type { StoredFile } from "./protocol";
import type { FileProblem } from "./uploads";

interface Sending {
  readonly address: string;
  readonly token: string;
  /** 0 to 1. */
  readonly onProgress: (progress: number) => void;
  readonly cancelled: AbortSignal;
}

/** Rejects with `{problem}`. */
export function sendFile(file: File, { address, token, onProgress, cancelled }: Sending): Promise<StoredFile> {
  return new Promise((done, fail) => {
    const refuse = (problem: FileProblem) => fail({ problem });
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.responseType = "json";
    request.upload.onprogress = ({ lengthComputable, loaded, total }) => {
      if (lengthComputable) onProgress(loaded / total);
    };
    request.onload = () => {
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
