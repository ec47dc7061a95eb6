/**
 * The chat: holds what is shown, and lets transport, thread, outbox, uploads and host page
 * act on it. Decisions are in those modules; here is only what follows what.
 */
import { computed, effect, signal } from "@preact/signals";
import type { HostIdentity, Page } from "../bridge";
import type { Language, Settings } from "../settings";
import { contactPlace, type ContactAnswer } from "./contact";
import { isSomebodyElse, type Host, type Start } from "./host";
import { newId } from "./ids";
import {
  asStored, chosen, contactGiven, failed, find, frameFor, interrupted, isFull, loadOutbox, nextUp, retried, said, saveOutbox, sending,
  underWay, without, withItem, type Item, type Outbox,
} from "./outbox";
import type { Ack, Choice, Contact, Hello, Later, Message, Refused, ServerFrame } from "./protocol";
import type { Store } from "./storage";
import { EMPTY_THREAD, TYPING_MS, reduce, unreadCount, type Thread, type ThreadEvent } from "./thread";
import { COME_BACK, Transport, type Connection, type Surroundings } from "./transport";
import type { Times } from "./times";
import { Uploads } from "./uploads";
import type { Words } from "./words";

const ACK_WITHIN_MS = 15_000;
const FILL_WITHIN_MS = 3_000;
const TYPING_EVERY_MS = 3_000;
/** A short loss of connection is nobody's business. */
const TROUBLE_AFTER_MS = 2_500;
const BLAMELESS_CLOSES: ReadonlySet<number> = new Set([COME_BACK, 1012, 4429]);
const FRAME_TOO_LARGE = 1009;

export interface Parts {
  readonly settings: Settings;
  readonly language: Language;
  readonly words: Words;
  readonly times: Times;
  readonly store: Store;
  readonly host: Host;
  readonly around: Surroundings;
}

export class Chat {
  readonly connection = signal<Connection>("idle");
  readonly troubled = signal(false);
  /** The server takes nothing from us for a while. */
  readonly slowed = signal(false);
  readonly thread = signal<Thread>(EMPTY_THREAD);
  readonly loaded = signal(false);
  readonly outbox = signal<Outbox>([]);
  readonly shown = signal(false);
  /** Whether the newest message is on the screen, once the panel is. */
  readonly atEnd = signal(true);
  readonly draft = signal("");
  readonly muted = signal(false);
  readonly contactAnswer = signal<ContactAnswer>(null);
  readonly contactRefused = signal(false);
  readonly contactJustGiven = signal(false);
  /** The visitor pressed a button that asks for their number. */
  readonly contactWanted = signal(false);
  readonly identity = signal<HostIdentity | null>(null);
  /** The newest message from us, for screen readers. */
  readonly heard = signal<Message | null>(null);
  readonly uploads: Uploads;

  /** What the visitor wrote, sent or not. */
  readonly said = computed(() => [
    ...this.thread.value.messages.flatMap((message) => (message.author === "customer" ? [message.text] : [])),
    ...this.outbox.value.flatMap((item) => (item.kind === "said" ? [item.text] : [])),
  ]);
  readonly contactPlace = computed(() =>
    contactPlace(this.parts.settings.ask_contact, {
      wanted: this.contactWanted.value,
      over: this.thread.value.state === "closed",
      answer: this.contactAnswer.value,
      said: this.said.value,
      identity: this.identity.value,
    }),
  );
  /** Whether given contact details are still on their way. */
  readonly contactQueued = computed(() => this.outbox.value.some((item) => item.kind === "contact"));
  readonly unread = computed(() => unreadCount(this.thread.value, this.seenSeq.value));

  private readonly inView = signal(document.visibilityState === "visible");
  private readonly seenSeq = signal(0);
  private readonly transport: Transport;
  private token: string | null = null;
  private page: Page = { url: location.href, title: document.title, referrer: document.referrer };
  private toldReadSeq = 0;
  private toldTypingAtMs = -TYPING_EVERY_MS;
  private audio: AudioContext | null = null;
  private ackTimer = 0;
  private fillTimer = 0;
  private troubleTimer = 0;

  constructor(readonly parts: Parts) {
    const { settings, store, around } = parts;
    const chat = `${location.origin}/chat/${settings.line}`;
    const uploadToken = () => (this.connection.value === "online" ? this.token : null);
    this.uploads = new Uploads(`${chat}/files`, settings, uploadToken, newId);
    this.transport = new Transport(
      `${chat.replace(/^http/, "ws")}/socket`,
      {
        hello: () => this.hello(),
        onFrame: (frame) => this.hear(frame),
        onConnection: (connection, closeCode) => this.connectionChanged(connection, closeCode),
        onTokenRejected: () => this.forgetVisitor(),
      },
      around,
    );
    this.outbox.value = loadOutbox(store);
    this.seenSeq.value = Number(store.get("seen") ?? 0);
    this.draft.value = store.get("draft") ?? "";
    this.muted.value = store.get("muted") === "1";
    this.contactAnswer.value = store.get("contact") as ContactAnswer;
    effect(() => parts.host.showUnread(this.unread.value));
    effect(() => this.seen());
  }

  /** Begin: from here on the host page, the browser and the server may call. */
  begin(): void {
    this.parts.host.listen({
      onStart: (start) => this.start(start),
      onShown: (shown) => this.show(shown),
      onPage: ({ url, title }) => {
        this.page = { ...this.page, url, title };
        this.transport.send({ type: "page", url, title });
      },
    });
    // Browsers stay silent unless the sound was opened in the visitor's own gesture.
    for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, () => (this.audio ??= new AudioContext()), { once: true });
    addEventListener("online", () => this.transport.wake({ networkChanged: true }));
    addEventListener("offline", () => this.transport.giveUp());
    document.addEventListener("visibilitychange", () => {
      this.inView.value = document.visibilityState === "visible";
      if (this.inView.value) this.transport.wake({ networkChanged: false });
    });
  }

  /** Says what the composer holds; false when it has to wait or is nothing. */
  say(): boolean {
    const text = this.draft.value.trim();
    const { uploads, outbox } = this;
    if ((!text && uploads.list.value.length === 0) || isFull(outbox.value)) return false;
    if ([...text].length > this.parts.settings.max_text_chars) return false;
    const files = uploads.take();
    if (!files) return false;
    this.contactJustGiven.value = false;
    this.put(said(text, files, this.stamp()));
    this.write("");
    return true;
  }

  /** Says what stands on a choice; a score goes with its value. */
  choose(choice: Choice): void {
    this.put(chosen(choice, this.stamp()));
  }

  write(text: string): void {
    this.draft.value = text;
    this.parts.store.set("draft", text || null);
    const nowMs = this.parts.around.nowMs();
    if (!text || nowMs - this.toldTypingAtMs < TYPING_EVERY_MS) return;
    if (this.transport.send({ type: "typing" })) this.toldTypingAtMs = nowMs;
  }

  retry(clientId: string): void {
    this.keep(retried(this.outbox.value, clientId, newId()));
    this.pump();
  }

  /** Takes a message that was not sent back into the composer. */
  edit(clientId: string): void {
    const item = find(this.outbox.value, clientId);
    if (item?.kind !== "said") return;
    this.write(this.draft.value ? `${this.draft.value}\n${item.text}` : item.text);
    this.discard(clientId);
  }

  discard(clientId: string): void {
    this.keep(without(this.outbox.value, [clientId]));
  }

  giveContact(contact: Contact): void {
    this.contactRefused.value = false;
    this.contactJustGiven.value = true;
    this.answerContact("given");
    this.put(contactGiven(contact, this.stamp()));
  }

  contactLater(): void {
    this.answerContact("later");
  }

  loadHistory(): void {
    const { more, loadingHistory, messages } = this.thread.value;
    const oldest = messages[0]?.seq;
    if (!more || loadingHistory || oldest === undefined) return;
    if (this.transport.send({ type: "history", before_seq: oldest })) this.apply({ type: "asked_history" });
  }

  setMuted(muted: boolean): void {
    this.muted.value = muted;
    this.parts.store.set("muted", muted ? "1" : null);
  }

  /** After too many tabs: go on in this one. */
  useHere(): void {
    this.transport.start();
  }

  private start({ token, page, open, identity }: Start): void {
    const isNewIdentity = JSON.stringify(identity) !== JSON.stringify(this.identity.value);
    const isNewPerson = isSomebodyElse(token, identity, this.parts.store);
    this.token = token ?? this.token;
    this.page = page;
    this.identity.value = identity;
    if (isNewPerson) this.forgetEverything();
    if (isNewIdentity || isNewPerson) this.transport.resume();
    this.show(open);
  }

  /** Whoever only came near the button costs no connection. */
  private show(shown: boolean): void {
    this.shown.value = shown;
    if (shown || this.token) this.transport.start();
  }

  /** Runs again whenever what it reads changes: the panel, the end of the list, the thread, the connection. */
  private seen(): void {
    const { seq } = this.thread.value;
    const online = this.connection.value === "online";
    if (!this.shown.value || !this.atEnd.value || !this.inView.value) return;
    if (seq > this.seenSeq.peek()) {
      this.seenSeq.value = seq;
      this.parts.store.set("seen", String(seq));
    }
    if (online && seq > this.toldReadSeq && this.transport.send({ type: "read", seq })) this.toldReadSeq = seq;
  }

  private hello(): Hello {
    const { settings, language } = this.parts;
    return {
      type: "hello",
      token: this.token,
      after_seq: this.thread.value.seq,
      page: this.page,
      language,
      identity: this.identity.value,
      build: settings.build,
    };
  }

  private hear(frame: ServerFrame): void {
    if (frame.type === "ack") return this.acknowledged(frame);
    if (frame.type === "refused") return this.refused(frame);
    if (frame.type === "later") return this.putOff(frame);
    const seqBefore = this.thread.value.seq;
    this.apply(frame);
    if (frame.type === "welcome") {
      this.loaded.value = true;
      this.toldReadSeq = 0;
      this.settle(frame.messages);
      if (frame.token !== this.token) this.parts.host.keepToken(frame.token);
      this.token = frame.token;
    } else if (frame.type === "message") {
      this.settle([frame.message]);
      if (frame.message.author !== "customer" && this.thread.value.seq > seqBefore) this.notice(frame.message);
    }
    const { seq } = this.thread.value;
    if (seq > seqBefore) this.transport.send({ type: "received", seq });
  }

  private apply(event: ThreadEvent): void {
    const { around } = this.parts;
    this.thread.value = reduce(this.thread.value, event, around.nowMs());
    if (event.type === "typing") around.setTimer(() => this.apply({ type: "tick" }), TYPING_MS);
    around.clearTimer(this.fillTimer);
    if (this.thread.value.gap) this.transport.resume();
    else if (this.thread.value.ahead.length) this.fillTimer = around.setTimer(() => this.transport.resume(), FILL_WITHIN_MS);
  }

  private acknowledged(ack: Ack): void {
    const item = find(this.outbox.value, ack.client_id);
    if (item?.kind === "said" && ack.seq !== null) this.apply({ type: "stored", message: asStored(item, ack, ack.seq) });
    this.keep(without(this.outbox.value, [ack.client_id]));
    this.pump();
  }

  private refused({ client_id, code }: Refused): void {
    if (find(this.outbox.value, client_id)?.kind === "contact") {
      this.keep(without(this.outbox.value, [client_id]));
      this.contactRefused.value = true;
      this.contactJustGiven.value = false;
      this.answerContact(null);
    } else {
      this.keep(failed(this.outbox.value, client_id, code));
    }
    this.pump();
  }

  /** What was put off keeps its place and its id, and goes by itself when the server wants it. */
  private putOff({ retry_after_s }: Later): void {
    this.slowed.value = true;
    this.keep(interrupted(this.outbox.value, { blameless: true }));
    this.parts.around.clearTimer(this.ackTimer);
    const goOn = () => ((this.slowed.value = false), this.pump());
    this.parts.around.setTimer(goOn, retry_after_s * 1_000);
  }

  /** What the server shows us as stored needs no sending any more. */
  private settle(messages: readonly Message[]): void {
    this.keep(without(this.outbox.value, messages.flatMap(({ client_id }) => client_id ?? [])));
    this.pump();
  }

  private notice(message: Message): void {
    this.heard.value = message;
    const watched = this.shown.value && document.hasFocus();
    if (!this.muted.value && !watched) void this.ring();
  }

  private async ring(): Promise<void> {
    const { chime } = await import("./sound");
    if (this.audio?.state === "running") chime(this.audio);
  }

  private connectionChanged(connection: Connection, closeCode: number | null): void {
    const { around } = this.parts;
    this.connection.value = connection;
    if (connection === "online") {
      around.clearTimer(this.troubleTimer);
      this.troubleTimer = 0;
      this.troubled.value = false;
      const { seq } = this.thread.value;
      if (seq) this.transport.send({ type: "received", seq });
      this.uploads.resume();
      return this.pump();
    }
    if (!navigator.onLine) this.troubled.value = true;
    this.troubleTimer ||= around.setTimer(() => (this.troubled.value = true), TROUBLE_AFTER_MS);
    if (closeCode !== null) this.interrupt(closeCode);
  }

  private interrupt(closeCode: number): void {
    const item = underWay(this.outbox.value);
    if (!item) return;
    this.parts.around.clearTimer(this.ackTimer);
    const tooLarge = closeCode === FRAME_TOO_LARGE;
    this.keep(
      tooLarge
        ? failed(this.outbox.value, item.client_id, "too_long")
        : interrupted(this.outbox.value, { blameless: BLAMELESS_CLOSES.has(closeCode) }),
    );
  }

  /** Sends the next item, if it is anyone's turn. */
  private pump(): void {
    const { around } = this.parts;
    if (!underWay(this.outbox.value)) around.clearTimer(this.ackTimer);
    const item = nextUp(this.outbox.value);
    if (this.slowed.value || !item || !this.transport.send(frameFor(item))) return;
    this.keep(sending(this.outbox.value, item.client_id));
    this.ackTimer = around.setTimer(() => this.transport.giveUp(), ACK_WITHIN_MS);
  }

  private put(item: Item): void {
    this.keep(withItem(this.outbox.value, item));
    this.pump();
  }

  private keep(outbox: Outbox): void {
    saveOutbox(this.parts.store, this.outbox.value, outbox);
    this.outbox.value = outbox;
  }

  private answerContact(answer: ContactAnswer): void {
    this.contactWanted.value = false;
    this.contactAnswer.value = answer;
    this.parts.store.set("contact", answer);
  }

  private forgetVisitor(): void {
    this.token = null;
    this.thread.value = EMPTY_THREAD;
    this.seenSeq.value = 0;
    this.parts.store.set("seen", null);
    this.answerContact(null);
  }

  /** Neither what the last person saw here nor what they had not sent yet is the next one's. */
  private forgetEverything(): void {
    this.forgetVisitor();
    this.keep([]);
    this.write("");
    for (const { key } of this.uploads.list.value) this.uploads.remove(key);
  }

  private stamp(): { client_id: string; at: string } {
    return { client_id: newId(), at: new Date(this.parts.around.nowMs()).toISOString() };
  }
}
