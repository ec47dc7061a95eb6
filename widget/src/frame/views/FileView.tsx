import { useState } from "preact/hooks";
import type { StoredFile } from "../protocol";
import { sizeInWords } from "../words";
import type { Words } from "../words";
import { FileIcon } from "./icons";

const MAX_WIDTH_PX = 240;
const MAX_HEIGHT_PX = 220;
const USUAL_HEIGHT_PX = 160;
const MIN_SIDE_PX = 72;
const PICTURES: ReadonlySet<string> = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"]);

export function FileView({ words, file }: { words: Words; file: StoredFile }) {
  const [broken, setBroken] = useState(false);
  const size = sizeInWords(words, file.size_bytes);
  if (PICTURES.has(file.mime) && !broken) {
    return (
      <a class="picture" style={pictureBox(file.width, file.height)} href={file.url} target="_blank" rel="noopener nofollow">
        <img src={file.url} alt={words("image", { name: file.name })} onError={() => setBroken(true)} />
      </a>
    );
  }
  return (
    <a class="file" href={file.url} download={file.name} rel="noopener nofollow" aria-label={words("download", { name: file.name, size })}>
      <span class="file-icon"><FileIcon /></span>
      <span class="file-words"><span class="file-name">{file.name}</span><span class="file-size">{size}</span></span>
    </a>
  );
}

/** A picture's place is fixed before it is there, so that nothing jumps when it comes. */
function pictureBox(width: number | null, height: number | null): { width: string; height: string } {
  const [wide, high] = width && height ? [width, height] : [MAX_WIDTH_PX, USUAL_HEIGHT_PX];
  const scale = Math.min(1, MAX_WIDTH_PX / wide, MAX_HEIGHT_PX / high);
  const side = (length: number) => `${Math.max(MIN_SIDE_PX, Math.round(length * scale))}px`;
  return { width: side(wide), height: side(high) };
}
