import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Chat } from "../chat";
import { greetingOf, rowsOf } from "../timeline";
import { BubbleRow } from "./BubbleRow";
import { DownIcon } from "./icons";
import { ContactForm, ContactThanks } from "./later";

const AT_END_PX = 60;
const NEAR_TOP_PX = 120;

export function MessageList({ chat }: { chat: Chat }) {
  const { words, times } = chat.parts;
  const rows = rowsOf(chat.thread.value, chat.outbox.value);
  const { box, scrolled, toEnd } = useScroll(chat);
  const { more, typing } = chat.thread.value;
  const unread = chat.unread.value;
  const now = new Date();
  return (
    <div class="list-frame">
      <div class="list" ref={box} onScroll={scrolled} role="log" aria-live="off" aria-label={words("messages")} tabIndex={0}>
        <div>
          {more && <p class="hint">{words("loading")}</p>}
          {!more && <Greeting chat={chat} />}
          {rows.map((row) =>
            row.kind === "day" ? (
              <p class="day" key={row.key}><time dateTime={row.at.toISOString()}>{times.day(row.at, now)}</time></p>
            ) : (
              <BubbleRow chat={chat} key={row.key} bubble={row} />
            ),
          )}
          {chat.contactPlace.value === "in_chat" && <ContactForm.View chat={chat} place="in_chat" />}
          {chat.contactJustGiven.value && <ContactThanks.View chat={chat} />}
          {chat.thread.value.state === "closed" && rows.length > 0 && <p class="hint">{words("ended")}</p>}
          {typing && <Typing chat={chat} name={typing.name} />}
        </div>
      </div>
      {!chat.atEnd.value && (
        <button
          type="button" class="to-end" onClick={toEnd}
          aria-label={unread ? words("new_messages", { count: unread }) : words("latest")}
        >
          <DownIcon />
          {unread > 0 && <span class="count" aria-hidden="true">{unread}</span>}
        </button>
      )}
      <Announcer chat={chat} />
    </div>
  );
}

function Greeting({ chat }: { chat: Chat }) {
  const { settings, language } = chat.parts;
  const text = settings.greeting[language] ?? settings.greeting[settings.language];
  if (!text || (!chat.loaded.value && !chat.troubled.value)) return null;
  return <BubbleRow chat={chat} bubble={greetingOf(text, settings.title)} />;
}

function Typing({ chat, name }: { chat: Chat; name: string }) {
  const { words } = chat.parts;
  return (
    <p class="typing">
      <span class="dots" aria-hidden="true"><i /><i /><i /></span>
      {words("typing", { name })}
    </p>
  );
}

/** Only what we say is read out, not the visitor's own words and not the history. */
function Announcer({ chat }: { chat: Chat }) {
  const { settings, words } = chat.parts;
  const message = chat.heard.value;
  const said = message && (message.text || words("file"));
  return <p class="unseen" aria-live="polite">{message && `${message.name ?? settings.title}: ${said}`}</p>;
}

/** Stays at the end while the visitor is there, keeps its place when older messages come in above. */
function useScroll(chat: Chat) {
  const box = useRef<HTMLDivElement>(null);
  const { atEnd } = chat;
  const before = useRef({ height: 0, oldest: 0, newestOwn: "" });

  const toEnd = () => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };
  const scrolled = () => {
    const element = box.current;
    if (!element) return;
    atEnd.value = element.scrollHeight - element.scrollTop - element.clientHeight < AT_END_PX;
    if (element.scrollTop < NEAR_TOP_PX) chat.loadHistory();
  };

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const oldest = chat.thread.value.messages[0]?.seq ?? 0;
    const own = chat.outbox.value[chat.outbox.value.length - 1]?.client_id ?? "";
    if (oldest < before.current.oldest) element.scrollTop += element.scrollHeight - before.current.height;
    else if (atEnd.peek() || (own && own !== before.current.newestOwn)) toEnd();
    before.current = { height: element.scrollHeight, oldest, newestOwn: own };
  });

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => atEnd.peek() && toEnd());
    observer.observe(element);
    if (element.firstElementChild) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, []);

  return { box, scrolled, toEnd };
}
