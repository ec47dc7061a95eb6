/** What this browser keeps for one line. Falls back to memory where the browser forbids or forgets. */

export interface Store {
  get(name: string): string | null;
  /** null removes. */
  set(name: string, value: string | null): void;
  /** The names that begin with `prefix`. */
  names(prefix: string): string[];
}

/** `backing` is null where the browser has no storage for us. */
export function openStore(backing: Storage | null, line: string): Store {
  const memory = new Map<string, string>();
  const root = `liniya:${line}:`;
  return {
    get: (name) => memory.get(name) ?? read(backing, root + name),
    set(name, value) {
      memory.delete(name);
      try {
        if (value === null) backing?.removeItem(root + name);
        else if (backing) backing.setItem(root + name, value);
        else memory.set(name, value);
      } catch {
        if (value !== null) memory.set(name, value); // full, or forbidden
      }
    },
    names: (prefix) => [...new Set([...memory.keys(), ...stored(backing, root)])].filter((name) => name.startsWith(prefix)),
  };
}

/** The browser's own storage, or null where merely touching it throws. */
export function browserStorage(): Storage | null {
  try {
    const storage = window.localStorage;
    storage.getItem("");
    return storage;
  } catch {
    return null;
  }
}

function read(backing: Storage | null, key: string): string | null {
  try {
    return backing?.getItem(key) ?? null;
  } catch {
    return null;
  }
}

function stored(backing: Storage | null, root: string): string[] {
  try {
    if (!backing) return [];
    const keys = Array.from({ length: backing.length }, (_, at) => backing.key(at) ?? "");
    return keys.filter((key) => key.startsWith(root)).map((key) => key.slice(root.length));
  } catch {
    return [];
  }
}
