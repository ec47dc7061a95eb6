/** Files on their way to the server, before they are part of a message. */
import { signal } from "@preact/signals";
import type { Settings } from "../settings";
import type { StoredFile } from "./protocol";

export type FileProblem = "too_big" | "empty" | "too_many" | "forbidden" | "network";
export type UploadState = "waiting" | "uploading" | "slowed" | "stored" | "failed";

export interface Upload {
  readonly key: string;
  readonly file: File;
  /** A picture's own bytes to look at, a blob: address. */
  readonly preview: string | null;
  readonly state: UploadState;
  /** 0 to 1. */
  readonly progress: number;
  readonly problem: FileProblem | null;
  readonly stored: StoredFile | null;
}

type Limits = Pick<Settings, "max_file_bytes" | "max_files">;

/** Why `file` would be refused, told before a byte of it is sent; null if it may go. */
export function problemWith(file: Pick<File, "size">, { alongside }: { alongside: number }, limits: Limits): FileProblem | null {
  if (alongside >= limits.max_files) return "too_many";
  if (file.size === 0) return "empty";
  return file.size > limits.max_file_bytes ? "too_big" : null;
}

export function acceptedCount(uploads: readonly Upload[]): number {
  return uploads.filter((upload) => upload.problem === null || upload.problem === "network").length;
}

export class Uploads {
  readonly list = signal<readonly Upload[]>([]);
  private readonly underWay = new Map<string, AbortController>();

  constructor(
    private readonly address: string,
    private readonly limits: Limits,
    /** The visitor's token while there is a connection, else null. */
    private readonly token: () => string | null,
    private readonly makeId: () => string,
  ) {}

  add(files: Iterable<File>): void {
    for (const file of files) {
      const problem = problemWith(file, { alongside: acceptedCount(this.list.value) }, this.limits);
      const key = this.makeId();
      const preview = !problem && file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
      const state = problem ? "failed" : "waiting";
      this.list.value = [...this.list.value, { key, file, preview, state, progress: 0, problem, stored: null }];
      void this.send(key);
    }
  }

  /** Cancels what is under way and forgets the file. */
  remove(key: string): void {
    this.underWay.get(key)?.abort();
    const gone = this.list.value.find((upload) => upload.key === key);
    if (gone?.preview) URL.revokeObjectURL(gone.preview);
    this.list.value = this.list.value.filter((upload) => upload.key !== key);
  }

  /** The connection is back: everything that only lacked one goes on. */
  resume(): void {
    for (const { key } of this.list.value) void this.send(key);
  }

  /** The stored files, and an empty list from here on; null while one is not there yet. */
  take(): StoredFile[] | null {
    if (this.list.value.some((upload) => upload.state !== "stored")) return null;
    const files = this.list.value.map((upload) => upload.stored as StoredFile);
    for (const { key } of this.list.value) this.remove(key);
    return files;
  }

  private async send(key: string): Promise<void> {
    const upload = this.list.value.find((held) => held.key === key);
    if (!upload || !isToGo(upload)) return;
    const token = this.token();
    if (!token) return this.change(key, { state: "waiting", problem: null });
    const cancel = new AbortController();
    this.underWay.set(key, cancel);
    this.change(key, { state: "uploading", problem: null, progress: 0 });
    try {
      const { sendFile } = await import("./upload-request");
      const onChange = (to: Partial<Upload>) => this.change(key, to);
      const stored = await sendFile(upload.file, { address: this.address, token, onChange, cancelled: cancel.signal });
      this.change(key, { state: "stored", progress: 1, stored });
    } catch (error) {
      this.change(key, { state: "failed", problem: isProblem(error) ? error.problem : "network" });
    }
  }

  private change(key: string, to: Partial<Upload>): void {
    this.list.value = this.list.value.map((upload) => (upload.key === key ? { ...upload, ...to } : upload));
  }
}

/** Waits, or failed only for want of a connection. */
function isToGo({ state, problem }: Upload): boolean {
  return state === "waiting" || problem === "network";
}

function isProblem(error: unknown): error is { problem: FileProblem } {
  return typeof error === "object" && error !== null && "problem" in error;
}
