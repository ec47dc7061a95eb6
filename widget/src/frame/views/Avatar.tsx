import { useState } from "preact/hooks";
import { HeadsetIcon } from "./icons";

interface AvatarProps {
  readonly name: string | null;
  readonly address: string | null;
  readonly size: "small" | "large";
  readonly online?: boolean;
}

/** The operator's picture; initials where there is none; the desk's sign where there is nobody. */
export function Avatar({ name, address, size, online = false }: AvatarProps) {
  const [broken, setBroken] = useState<string | null>(null);
  return (
    <span class={`avatar ${size}`} aria-hidden="true">
      {address && address !== broken ? (
        <img src={address} alt="" onError={() => setBroken(address)} />
      ) : name ? (
        initials(name)
      ) : (
        <HeadsetIcon />
      )}
      {online && <i class="dot" />}
    </span>
  );
}

function initials(name: string): string {
  const [first = "", second = ""] = name.trim().split(/\s+/u);
  return ((Array.from(first)[0] ?? "") + (Array.from(second)[0] ?? "")).toUpperCase();
}
