import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";
import { Banner } from "./Banner";
import { Composer } from "./Composer";
import { Header } from "./Header";
import { ContactForm, DropZone, UploadList } from "./later";
import { MessageList } from "./MessageList";

export function App({ chat }: { chat: Chat }) {
  const { settings } = chat.parts;
  const panel = useRef<HTMLDivElement>(null);
  useEscape(() => chat.parts.host.close());
  useFocusOnOpening(chat, panel);
  useEffect(() => effect(() => void (chat.loaded.value && UploadList.fetch())), []);
  const before = chat.contactPlace.value === "before_chat" && chat.loaded.value;
  return (
    <main class="panel" ref={panel} aria-label={settings.title}>
      <Header chat={chat} />
      <Banner chat={chat} />
      {before ? <div class="list"><ContactForm.View chat={chat} place="before_chat" /></div> : <MessageList chat={chat} />}
      {!before && <Composer chat={chat} />}
      {chat.loaded.value && <DropZone.View chat={chat} />}
    </main>
  );
}

function useEscape(act: () => void): void {
  useEffect(() => {
    const close = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented) act();
    };
    addEventListener("keydown", close);
    return () => removeEventListener("keydown", close);
  }, []);
}

/**
 * Not on touch screens, where focus would bring up the keyboard over half the chat; and not
 * while the visitor is busy on the host page, where the panel opened by itself after a reload.
 */
function useFocusOnOpening(chat: Chat, panel: { current: HTMLElement | null }): void {
  const focus = () => panel.current?.querySelector<HTMLElement>("textarea, input:not([hidden])")?.focus();
  useEffect(
    () =>
      effect(() => {
        if (!chat.shown.value || matchMedia("(pointer: coarse)").matches) return;
        if (document.hasFocus()) requestAnimationFrame(focus);
        else addEventListener("focus", focus, { once: true });
      }),
    [],
  );
}
