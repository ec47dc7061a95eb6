import { useEffect, useState } from "preact/hooks";
import type { Chat } from "../chat";

/** Takes files that are dragged over the chat. */
export function DropZone({ chat }: { chat: Chat }) {
  const { words } = chat.parts;
  const dragging = useDroppedFiles((files) => chat.uploads.add(files));
  return dragging ? <div class="dropzone" aria-hidden="true"><span>{words("drop")}</span></div> : null;
}

function useDroppedFiles(take: (files: File[]) => void): boolean {
  const [dragging, setDragging] = useState(false);
  useEffect(() => {
    const carriesFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") ?? false;
    const over = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      setDragging(true);
    };
    const leave = (event: DragEvent) => {
      if (!event.relatedTarget) setDragging(false);
    };
    const drop = (event: DragEvent) => {
      setDragging(false);
      if (!carriesFiles(event)) return;
      event.preventDefault();
      take(Array.from(event.dataTransfer?.files ?? []));
    };
    const gone = new AbortController();
    addEventListener("dragover", over, { signal: gone.signal });
    addEventListener("dragleave", leave, { signal: gone.signal });
    addEventListener("drop", drop, { signal: gone.signal });
    return () => gone.abort();
  }, []);
  return dragging;
}
