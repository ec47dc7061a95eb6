import type { Chat } from "../chat";
import type { Upload } from "../uploads";
import { sizeInWords } from "../words";
import { CloseIcon, FileIcon } from "./icons";

export function UploadList({ chat }: { chat: Chat }) {
  const { words } = chat.parts;
  const uploads = chat.uploads.list.value;
  if (!uploads.length) return null;
  return (
    <ul class="uploads">
      {uploads.map((upload) => {
        const act = words(upload.state === "uploading" ? "cancel" : "remove");
        return (
          <li key={upload.key} class={`upload ${upload.state}`}>
            {upload.preview && <img src={upload.preview} alt="" width={40} height={40} />}
            {!upload.preview && <span class="file-icon"><FileIcon /></span>}
            <span class="file-words">
              <span class="file-name">{upload.file.name}</span>
              <UploadWords chat={chat} upload={upload} />
            </span>
            {upload.problem === "network" && (
              <button type="button" class="link" onClick={() => chat.uploads.resume()}>{words("retry")}</button>
            )}
            <button
              type="button" class="round" aria-label={`${act}: ${upload.file.name}`} title={act}
              onClick={() => chat.uploads.remove(upload.key)}
            >
              <CloseIcon />
            </button>
            {upload.state === "uploading" && <progress max={1} value={upload.progress} aria-label={upload.file.name} />}
          </li>
        );
      })}
    </ul>
  );
}

function UploadWords({ chat, upload }: { chat: Chat; upload: Upload }) {
  const { settings, words } = chat.parts;
  if (upload.problem) {
    const limit = sizeInWords(words, settings.max_file_bytes);
    return <span class="field-problem" role="alert">{words(`file_${upload.problem}`, { size: limit, count: settings.max_files })}</span>;
  }
  if (upload.state === "waiting") return <span class="file-size">{words("upload_waiting")}</span>;
  if (upload.state === "slowed") return <span class="file-size">{words("slowed")}</span>;
  const percent = Math.round(upload.progress * 100);
  if (upload.state === "uploading") return <span class="file-size">{words("uploading", { percent })}</span>;
  return <span class="file-size">{sizeInWords(words, upload.file.size)}</span>;
}
