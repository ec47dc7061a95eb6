/** Which of a message's choices was taken, and whether they still stand (pure). */
import type { Outbox } from "./outbox";
import type { Choice, Message } from "./protocol";

const SCORE = /^rate:\w+:(\d)$/;

/** The score that a button gives; null if it is another choice. */
export function scoreOf({ value }: Choice): number | null {
  const found = SCORE.exec(value);
  return found && Number(found[1]);
}

/** From 1 to 5, and not liked or not. */
export const isScale = (scores: readonly Choice[]): boolean => scores.length === 5;

/** What the visitor said next, sent or not; with that the choices are over. */
export function chosenUnder(id: string, messages: readonly Message[], outbox: Outbox): { label: string | null; over: boolean } {
  const at = messages.findIndex((message) => message.id === id);
  const next = messages.slice(at + 1).find(({ author }) => author === "customer");
  const unsent = outbox.find((item) => item.kind === "said" && item.state !== "failed");
  const text = next ? next.text : unsent?.kind === "said" ? unsent.text : null;
  return { label: text, over: text !== null };
}
