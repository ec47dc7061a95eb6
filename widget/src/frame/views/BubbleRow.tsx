import type { Chat } from "../chat";
import type { Bubble, Progress } from "../timeline";
import { parts, richParts } from "../links";
import type { Part } from "../links";
import type { Key } from "../words";
import { Avatar } from "./Avatar";
import { FileView } from "./FileView";
import { AlertIcon, ClockIcon, TickIcon, TicksIcon } from "./icons";
import { Choices } from "./later";

export function BubbleRow({ chat, bubble }: { chat: Chat; bubble: Bubble }) {
  const { settings, words } = chat.parts;
  const own = bubble.author === "customer";
  const pictureOnly = !bubble.text && bubble.files.length > 0;
  const shape = [own ? "own" : "theirs", bubble.first && "first", bubble.last && "last", bubble.progress === "failed" && "failed"];
  const name = bubble.name ?? settings.title;
  return (
    <div class={`row ${shape.filter(Boolean).join(" ")}`}>
      {!own && !bubble.last && <span class="avatar-gap" />}
      {!own && bubble.last && (
        <Avatar name={bubble.author === "operator" ? bubble.name : null} address={bubble.avatar_url} size="small" />
      )}
      <div class="stack">
        <span class={own || !bubble.first ? "unseen" : "name"}>{own ? words("you") : name}</span>
        <div class={pictureOnly ? "bubble bare" : "bubble"}>
          {bubble.files.length > 0 && (
            <div class="files">{bubble.files.map((file) => <FileView key={file.id} words={words} file={file} />)}</div>
          )}
          {bubble.text && <Text items={own ? parts(bubble.text) : richParts(bubble.text)} />}
          <Stamp chat={chat} bubble={bubble} />
        </div>
        {bubble.buttons && <Choices.View chat={chat} bubble={bubble} />}
        {bubble.tells && <Telling chat={chat} bubble={bubble} />}
      </div>
    </div>
  );
}

function Text({ items }: { items: readonly Part[] }) {
  return (
    <p class="text" dir="auto">
      {items.map((part, at) => {
        if (part.kind === "text") return part.text;
        if (part.kind === "link") return <a key={at} href={part.href} target="_blank" rel="noopener nofollow">{part.text}</a>;
        const Element = part.kind;
        return <Element key={at}>{part.text}</Element>;
      })}
    </p>
  );
}

const PROGRESS_ICONS = { waiting: ClockIcon, sending: ClockIcon, sent: TickIcon, read: TicksIcon, failed: AlertIcon };

function Stamp({ chat, bubble }: { chat: Chat; bubble: Bubble }) {
  const { words, times } = chat.parts;
  if (!bubble.at) return null;
  const Mark = bubble.progress && PROGRESS_ICONS[bubble.progress];
  return (
    <span class="stamp">
      <time dateTime={bubble.at.toISOString()}>{times.clock(bubble.at)}</time>
      {Mark && <Mark />}
      {bubble.progress && !bubble.tells && <span class="unseen">{words(progressKey(bubble.progress))}</span>}
    </span>
  );
}

/** How far the newest own message has come, in words; and what can be done about one in trouble. */
function Telling({ chat, bubble }: { chat: Chat; bubble: Bubble }) {
  const { words } = chat.parts;
  const { progress, failure } = bubble;
  if (!progress) return null;
  if (progress !== "failed") {
    const inTurn = progress === "waiting" && chat.connection.value === "online";
    return <span class="telling" role="status">{words(progressKey(inTurn ? "sending" : progress))}</span>;
  }
  const editable = failure === "too_long" || failure === "bad_file" || failure === "malformed";
  return (
    <span class="telling trouble" role="alert">
      {words("not_sent")}
      {failure && `: ${words(`why_${failure}`)}`}
      <span class="acts">
        {editable && bubble.text ? (
          <button type="button" class="link" onClick={() => chat.edit(bubble.key)}>{words("edit")}</button>
        ) : (
          <button type="button" class="link" onClick={() => chat.retry(bubble.key)}>{words("retry")}</button>
        )}
        <button type="button" class="link" onClick={() => chat.discard(bubble.key)}>{words("delete")}</button>
      </span>
    </span>
  );
}

function progressKey(progress: Exclude<Progress, null>): Key {
  return progress === "failed" ? "not_sent" : progress;
}
