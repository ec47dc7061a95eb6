/** What the visitor may have got wrong in the contact form (pure). */
import type { Contact } from "./protocol";

export type ContactField = "name" | "phone" | "email" | "consent";
export type ContactProblem = "need_contact" | "bad_phone" | "bad_email" | "need_consent";
export type ContactProblems = Partial<Record<ContactField, ContactProblem>>;

/** Needs a phone or an e-mail, each believable if given; and consent where it is `required`. */
export function problemsOf(contact: Contact, consent: { required: boolean; given: boolean }): ContactProblems {
  const problems: ContactProblems = {};
  const { phone, email } = contact;
  if (!phone && !email) problems.phone = "need_contact";
  if (phone && !isPhone(phone)) problems.phone = "bad_phone";
  if (email && !isEmail(email)) problems.email = "bad_email";
  if (consent.required && !consent.given) problems.consent = "need_consent";
  return problems;
}

export function isPhone(text: string): boolean {
  const digits = text.replace(/\D/g, "").length;
  return /^[\d\s()+.-]+$/.test(text) && digits >= 7 && digits <= 15;
}

export function isEmail(text: string): boolean {
  return /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)+$/u.test(text);
}
