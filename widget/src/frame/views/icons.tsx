/** Line icons on a 24 grid; what they mean is said by the button around them. */

function Icon({ d, small = false }: { d: string; small?: boolean }) {
  return (
    <svg class={small ? "icon small" : "icon"} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={d} />
    </svg>
  );
}

export const CloseIcon = () => <Icon d="M6 6l12 12M18 6 6 18" />;
export const DownIcon = () => <Icon d="m6 9 6 6 6-6" />;
export const SendIcon = () => <Icon d="M12 19V5m-6 6 6-6 6 6" />;
export const ClipIcon = () => (
  <Icon d="m20.5 11.5-8.3 8.3a5.4 5.4 0 0 1-7.6-7.6l8.7-8.7a3.6 3.6 0 0 1 5.1 5.1l-8.7 8.7a1.8 1.8 0 0 1-2.6-2.6l8-8" />
);
export const SoundIcon = () => <Icon d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5ZM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11" />;
export const MuteIcon = () => <Icon d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5ZM16 10l5 5M21 10l-5 5" />;
export const FileIcon = () => <Icon d="M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8ZM14 3v5h5M9 13h6M9 17h4" />;
export const CloudIcon = () => <Icon d="M3 3l18 18M8.5 6.5A6 6 0 0 1 17.4 10 4.5 4.5 0 0 1 20.5 17M17 18.5H7a4.5 4.5 0 0 1-1-8.9" />;
export const TickIcon = () => <Icon small d="m5 12.5 4.5 4.5L19 7.5" />;
export const TicksIcon = () => <Icon small d="m2 12.5 4.5 4.5L16 7.5M12 16l1 1 9.5-9.5" />;
export const ClockIcon = () => <Icon small d="M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7.5V12l3 2" />;
export const AlertIcon = () => <Icon small d="M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM12 7.5v5.5M12 16.5v.1" />;
export const HeadsetIcon = () => (
  <Icon d="M4 14v-2a8 8 0 0 1 16 0v2M4 14h2.5a1 1 0 0 1 1 1v3a1 1 0 0 1-1 1H6a2 2 0 0 1-2-2ZM20 14h-2.5a1 1 0 0 0-1 1v3a1 1 0 0 0 1 1h.5a2 2 0 0 0 2-2ZM18 19c0 1.5-1.5 2.5-4 2.5" />
);
