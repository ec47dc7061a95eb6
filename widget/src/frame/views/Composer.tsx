import { useLayoutEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";
import { isFull } from "../outbox";
import { ClipIcon, SendIcon } from "./icons";
import { UploadList } from "./later";

const COUNTER_FROM = 200;

export function Composer({ chat }: { chat: Chat }) {
  const { settings, words } = chat.parts;
  const field = useRef<HTMLTextAreaElement>(null);
  const draft = chat.draft.value;
  const left = settings.max_text_chars - [...draft.trim()].length;
  const full = isFull(chat.outbox.value);
  const uploads = chat.uploads.list.value;
  const ready = left >= 0 && !full && (draft.trim() !== "" || uploads.length > 0) && uploads.every((upload) => upload.state === "stored");
  useGrowing(field, draft, chat.shown.value);

  const send = () => {
    if (ready) chat.say();
    field.current?.focus();
  };
  const pressed = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  const pasted = (event: ClipboardEvent) => {
    const files = Array.from(event.clipboardData?.files ?? []);
    if (!files.length) return;
    event.preventDefault();
    chat.uploads.add(files);
  };
  return (
    <form class="composer" onSubmit={(event) => { event.preventDefault(); send(); }}>
      {uploads.length > 0 && <UploadList.View chat={chat} />}
      {full && <p class="field-problem" role="alert">{words("outbox_full")}</p>}
      <div class="composer-row">
        <FilePicker chat={chat} />
        <textarea
          ref={field} rows={1} value={draft} dir="auto" enterkeyhint="send"
          aria-label={words("message")} placeholder={words("write")}
          aria-invalid={left < 0} aria-describedby="counter"
          onInput={(event) => chat.write(event.currentTarget.value)} onKeyDown={pressed} onPaste={pasted}
        />
        <button type="submit" class="send" aria-label={words("send")} title={words("send")} aria-disabled={!ready}>
          <SendIcon />
        </button>
      </div>
      <p id="counter" class={left < 0 ? "counter over" : "counter"} aria-live="polite">
        {left < 0 && words("over", { count: -left })}
        {left >= 0 && left <= Math.min(COUNTER_FROM, settings.max_text_chars / 5) && words("left", { count: left })}
      </p>
    </form>
  );
}

function FilePicker({ chat }: { chat: Chat }) {
  const { settings, words } = chat.parts;
  const picker = useRef<HTMLInputElement>(null);
  if (settings.max_files === 0) return null;
  return (
    <>
      <input
        ref={picker} type="file" multiple hidden tabIndex={-1}
        onChange={(event) => {
          chat.uploads.add(Array.from(event.currentTarget.files ?? []));
          event.currentTarget.value = "";
        }}
      />
      <button type="button" class="round" aria-label={words("attach")} title={words("attach")} onClick={() => picker.current?.click()}>
        <ClipIcon />
      </button>
    </>
  );
}

/** As high as its text, up to the sheet's limit; what is hidden has no height, so once it is shown. */
function useGrowing(field: { current: HTMLTextAreaElement | null }, text: string, shown: boolean): void {
  useLayoutEffect(() => {
    const { style } = field.current!;
    style.height = "auto";
    if (shown) style.height = `${field.current!.scrollHeight}px`;
  }, [text, shown]);
}
