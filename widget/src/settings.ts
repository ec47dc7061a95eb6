/** A line's public settings, as the server puts them into the loader and into the chat's page. */

export type Language = "ru" | "en";

export interface Settings {
  readonly line: string;
  readonly title: string;
  readonly origin: string;
  readonly frame: string;
  readonly language: Language;
  readonly colour: string;
  readonly corner: "left" | "right";
  readonly offset_px: number;
  readonly greeting: Readonly<Partial<Record<Language, string>>>;
  readonly ask_contact: "after_first" | "before" | "never";
  readonly consent_url: string | null;
  readonly max_text_chars: number;
  readonly max_file_bytes: number;
  readonly max_files: number;
  readonly build: string;
}

/** The first of the visitor's languages that we speak, else the line's. */
export function chooseLanguage(preferred: readonly string[], fallback: Language): Language {
  for (const tag of preferred) {
    const language = tag.slice(0, 2).toLowerCase();
    if (language === "ru" || language === "en") return language;
  }
  return fallback;
}
