import type { Chat } from "../chat";
import { Avatar } from "./Avatar";
import { CloseIcon, MuteIcon, SoundIcon } from "./icons";

export function Header({ chat }: { chat: Chat }) {
  const { settings, words } = chat.parts;
  const { operator, outlook } = chat.thread.value;
  const muted = chat.muted.value;
  const sound = words(muted ? "unmute" : "mute");
  return (
    <header class="header">
      <Avatar name={operator?.name ?? null} address={operator?.avatar_url ?? null} size="large" online={isOnline(outlook)} />
      <div class="who">
        <h1>{operator?.name ?? settings.title}</h1>
        <p class="outlook"><Outlook chat={chat} /></p>
      </div>
      <button type="button" class="round" aria-label={sound} title={sound} onClick={() => chat.setMuted(!muted)}>
        {muted ? <MuteIcon /> : <SoundIcon />}
      </button>
      {chat.parts.host.framed && (
        <button type="button" class="round" aria-label={words("close")} title={words("close")} onClick={() => chat.parts.host.close()}>
          <CloseIcon />
        </button>
      )}
    </header>
  );
}

function isOnline(outlook: { open: boolean; online: boolean } | null): boolean {
  return Boolean(outlook?.open && outlook.online);
}

/** Who will answer, and when. */
function Outlook({ chat }: { chat: Chat }) {
  const { settings, words, times } = chat.parts;
  const { outlook, state, operator } = chat.thread.value;
  if (!outlook) return <>{settings.title}</>;
  if (!outlook.open) {
    return <>{outlook.opens_at ? words("opens", { when: times.soon(new Date(outlook.opens_at), new Date()) }) : words("closed")}</>;
  }
  if (state === "waiting") return <>{words(outlook.online ? "waiting_state" : "open")}</>;
  if (operator) return <>{settings.title}</>;
  return <>{words(outlook.online ? "online" : "open")}</>;
}
