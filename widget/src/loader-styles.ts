/** The launcher's sheet, inside its shadow root. */

export interface LauncherLook {
  readonly colour: string;
  readonly ink: string;
  readonly corner: "left" | "right";
  readonly offset_px: number;
  /** The media query under which the chat fills the screen. */
  readonly phone: string;
}

export function launcherStyles({ colour, ink, corner, offset_px: offset, phone }: LauncherLook): string {
  return `
[hidden]{display:none!important}
button{position:absolute;bottom:0;${corner}:0;width:60px;height:60px;padding:0;border:0;border-radius:50%;cursor:pointer;
background:${colour};color:${ink};box-shadow:0 1px 2px #0003,0 8px 24px -4px #0005;transition:transform .18s;
-webkit-tap-highlight-color:transparent;font:600 12px/20px system-ui,sans-serif}
button:hover{transform:translateY(-2px)}
button:focus-visible{outline:3px solid ${colour};outline-offset:3px;box-shadow:0 0 0 3px #fff}
svg{position:absolute;top:16px;left:16px;width:28px;height:28px;fill:none;stroke:currentColor;stroke-width:2;
stroke-linecap:round;stroke-linejoin:round;transition:.2s}
.chat{fill:currentColor}
.down,[aria-expanded=true] .chat{opacity:0;transform:scale(.5)}
[aria-expanded=true] .down{opacity:1;transform:none}
.badge{position:absolute;top:-3px;right:-3px;box-sizing:border-box;min-width:22px;height:22px;padding:0 5px;border-radius:11px;
background:#d92d20;color:#fff;border:1px solid #fff;text-align:center}
.panel{position:absolute;bottom:76px;${corner}:0;width:392px;max-width:calc(100vw - ${2 * offset}px);
height:min(680px,100vh - ${offset + 76 + 16}px);overflow:hidden;border-radius:18px;background:#fff;
box-shadow:0 0 0 1px #0f172a14,0 4px 12px #0f172a14,0 24px 64px -12px #0f172a4d;transform-origin:bottom ${corner};
animation:in .22s cubic-bezier(.2,.9,.3,1)}
iframe{display:block;width:100%;height:100%;border:0;color-scheme:light dark}
@keyframes in{from{opacity:0;transform:translateY(12px) scale(.97)}}
@media (prefers-color-scheme:dark){.panel{background:#14171c;box-shadow:0 0 0 1px #ffffff1f,0 24px 64px -12px #000c}}
@media ${phone}{.panel{position:fixed;top:0;right:0;bottom:auto;left:0;width:100%;max-width:none;height:var(--screen);
border-radius:0;box-shadow:none}[aria-expanded=true]{display:none}}
@media (prefers-reduced-motion:reduce){*{animation:none!important;transition:none!important}}
@media print{button,.panel{display:none}}`;
}
