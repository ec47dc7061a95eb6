/** Views that no visitor needs in the first second: a chunk of their own, fetched when there is time. */
import { signal } from "@preact/signals";
import type { FunctionComponent } from "preact";
import type { Language } from "../../settings";
import sheetAddress from "../later.css?url";
import { loadPhrases } from "../words";

interface LaterView<Props> {
  /** Nothing until the view is here. */
  readonly View: FunctionComponent<Props>;
  readonly fetch: () => void;
}

const RETRY_MS = 5_000;

export function later<Props extends object>(load: () => Promise<FunctionComponent<Props>>): LaterView<Props> {
  const loaded = signal<FunctionComponent<Props> | null>(null);
  let underWay = false;
  const fetch = () => {
    if (underWay) return;
    underWay = true;
    Promise.all([load(), styled(), loadPhrases(document.documentElement.lang as Language, "later")]).then(
      ([view]) => (loaded.value = view),
      () => setTimeout(() => ((underWay = false), fetch()), RETRY_MS),
    );
  };
  const View = (props: Props) => {
    const Loaded = loaded.value;
    if (!Loaded) fetch();
    return Loaded && <Loaded {...props} />;
  };
  return { View, fetch };
}

let sheet: Promise<unknown> | null = null;

function styled(): Promise<unknown> {
  return (sheet ??= new Promise((done) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = sheetAddress;
    link.onload = link.onerror = done;
    document.head.append(link);
  }));
}

export const ContactForm = later(async () => (await import("./ContactForm")).ContactForm);
export const ContactThanks = later(async () => (await import("./ContactForm")).ContactThanks);
export const Choices = later(async () => (await import("./Choices")).Choices);
export const UploadList = later(async () => (await import("./UploadList")).UploadList);
export const DropZone = later(async () => (await import("./DropZone")).DropZone);
