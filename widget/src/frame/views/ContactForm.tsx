import { useEffect, useRef, useState } from "preact/hooks";
import type { Chat } from "../chat";
import { problemsOf } from "../contact-problems";
import type { ContactField, ContactProblems } from "../contact-problems";

const FIELDS = [
  { field: "name", complete: "name", mode: "text" },
  { field: "phone", complete: "tel", mode: "tel" },
  { field: "email", complete: "email", mode: "email" },
] as const;

export function ContactForm({ chat, place }: { chat: Chat; place: "before_chat" | "in_chat" }) {
  const { settings, words } = chat.parts;
  const form = useRef<HTMLFormElement>(null);
  const [problems, setProblems] = useState<ContactProblems>({});
  const identity = chat.identity.value;
  const before = place === "before_chat";
  const wanted = chat.contactWanted.value;
  useEffect(() => {
    if (wanted) form.current?.querySelector<HTMLElement>("[name=phone]")?.focus();
  }, [wanted]);

  const submit = (event: Event) => {
    event.preventDefault();
    if (!form.current) return;
    const given = new FormData(form.current);
    const text = (field: ContactField) => String(given.get(field) ?? "").trim();
    const contact = { name: text("name"), phone: text("phone"), email: text("email") };
    const found = problemsOf(contact, { required: Boolean(settings.consent_url), given: given.has("consent") });
    setProblems(found);
    const first = Object.keys(found)[0];
    if (first) form.current.querySelector<HTMLElement>(`[name=${first}]`)?.focus();
    else chat.giveContact(contact);
  };
  return (
    <form class="card" ref={form} onSubmit={submit} noValidate aria-labelledby="contact-title">
      <h2 id="contact-title">{words("contact_title")}</h2>
      <p>{words(before ? "contact_before" : "contact_why")}</p>
      {chat.contactRefused.value && <p class="field-problem" role="alert">{words("contact_refused")}</p>}
      {FIELDS.map(({ field, complete, mode }) => (
        <label key={field} class="field">
          <span>{words(field)}</span>
          <input
            name={field} type="text" inputMode={mode} autocomplete={complete} maxLength={200}
            defaultValue={identity?.[field] ?? ""} {...troubleOf(field, problems)}
          />
          <Problem chat={chat} field={field} problems={problems} />
        </label>
      ))}
      {settings.consent_url && <Consent chat={chat} address={settings.consent_url} problems={problems} />}
      <div class="card-acts">
        <button type="submit" class="primary">{words(before ? "contact_start" : "contact_send")}</button>
        {!before && <button type="button" class="plain" onClick={() => chat.contactLater()}>{words("later")}</button>}
      </div>
    </form>
  );
}

function Consent({ chat, address, problems }: { chat: Chat; address: string; problems: ContactProblems }) {
  const { words } = chat.parts;
  return (
    <div class="field consent">
      <label>
        <input name="consent" type="checkbox" value="yes" {...troubleOf("consent", problems)} />
        <span>{words("consent")}</span>
      </label>
      <a href={address} target="_blank" rel="noopener nofollow">{words("consent_link")}</a>
      <Problem chat={chat} field="consent" problems={problems} />
    </div>
  );
}

function Problem({ chat, field, problems }: { chat: Chat; field: ContactField; problems: ContactProblems }) {
  const { words } = chat.parts;
  const problem = problems[field];
  return problem ? <span id={`problem-${field}`} class="field-problem" role="alert">{words(problem)}</span> : null;
}

function troubleOf(field: ContactField, problems: ContactProblems) {
  return problems[field] ? { "aria-invalid": true, "aria-describedby": `problem-${field}` } : {};
}

/** Says, until the visitor says something else, that the details are kept or wait to be. */
export function ContactThanks({ chat }: { chat: Chat }) {
  return <p class="hint" role="status">{chat.parts.words(chat.contactQueued.value ? "contact_queued" : "contact_saved")}</p>;
}
