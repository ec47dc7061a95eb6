import type { Chat } from "../chat";
import { chosenUnder, isScale, scoreOf } from "../choices";
import type { Choice } from "../protocol";
import type { Bubble } from "../timeline";

/** What may be pressed under a message, until the visitor has said something else. */
export function Choices({ chat, bubble }: { chat: Chat; bubble: Bubble }) {
  const { words } = chat.parts;
  const buttons = bubble.buttons ?? [];
  const scores = buttons.filter((button) => scoreOf(button) !== null);
  const { label: chosen, over } = chosenUnder(bubble.key, chat.thread.value.messages, chat.outbox.value);
  const rest = buttons.filter((button) => scoreOf(button) === null);
  const left = over ? rest.filter(({ url }) => url) : rest;
  const score = scores.findIndex(({ label }) => label === chosen);
  const shown = scores.length > 0 && (!over || score >= 0);
  return (
    <div class="choices">
      {shown && <Scores chat={chat} scores={scores} score={score} over={over} />}
      {score >= 0 && <p class="thanks" role="status">{words("rated")}</p>}
      {left.map((button) => <One key={button.label} chat={chat} button={button} />)}
    </div>
  );
}

function Scores({ chat, scores, score, over }: { chat: Chat; scores: readonly Choice[]; score: number; over: boolean }) {
  const { words } = chat.parts;
  const stars = isScale(scores);
  return (
    <div class="scores" role="group" aria-label={words("rate")}>
      {scores.map((one, at) => {
        const name = stars ? words("score", { n: at + 1 }) : words(scoreOf(one) ? "like" : "dislike");
        return (
          <button
            type="button" key={one.value} class={`score ${stars ? "star" : ""} ${stars ? at <= score && "on" : at === score && "on"}`}
            aria-label={name} title={name} aria-pressed={at === score} aria-disabled={over} onClick={() => over || chat.choose(one)}
          >
            {stars ? <Star /> : one.label}
          </button>
        );
      })}
      {stars && !over && <span class="ends" aria-hidden="true"><span>{words("worst")}</span><span>{words("best")}</span></span>}
    </div>
  );
}

function One({ chat, button }: { chat: Chat; button: Choice }) {
  const { label, url, asks_phone } = button;
  if (url) {
    return (
      <a class="choice" href={url} target="_blank" rel="noopener nofollow" aria-label={`${label} (${chat.parts.words("new_tab")})`}>
        {label}<span aria-hidden="true">↗</span>
      </a>
    );
  }
  const act = ({ currentTarget }: { currentTarget: HTMLElement }) => {
    if (asks_phone) return void (chat.contactWanted.value = true);
    // The button goes, and whoever has no mouse would begin at the top of the page.
    currentTarget.closest<HTMLElement>(".list")?.focus();
    chat.choose(button);
  };
  return <button type="button" class="choice" onClick={act}>{label}</button>;
}

const Star = () => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d="m12 3.5 2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9-4.3-4.1 5.9-.8z" />
  </svg>
);
