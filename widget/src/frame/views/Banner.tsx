import type { Chat } from "../chat";
import { CloudIcon } from "./icons";

/** One line about the connection, while there is something to say. */
export function Banner({ chat }: { chat: Chat }) {
  const { words } = chat.parts;
  const connection = chat.connection.value;
  return (
    <div class="banner-place" role="status">
      {connection === "refused" && <p class="banner">{words("refused_site")}</p>}
      {connection === "replaced" && (
        <p class="banner">
          {words("replaced")}
          <button type="button" class="link" onClick={() => chat.useHere()}>{words("use_here")}</button>
        </p>
      )}
      {chat.slowed.value && <p class="banner">{words("slowed")}</p>}
      {!chat.slowed.value && (connection === "waiting" || connection === "connecting") && chat.troubled.value && (
        <p class="banner"><CloudIcon />{words("offline")}</p>
      )}
    </div>
  );
}
