/** The queue's copy in this browser: one record for each person, attempt and epoch, so that no tab overwrites another's. */

import { PREFIX, recordNames } from "./forget.js";

export class Store {
  #stem;
  #epoch;

  constructor(person, attempt, epoch) {
    this.#stem = `${PREFIX}${person}:${attempt}:`;
    this.#epoch = epoch;
  }

  #read(name) {
    try {
      const record = JSON.parse(localStorage.getItem(name) ?? "null");
      return record && typeof record === "object" ? record : null;
    } catch {
      return null;
    }
  }

  /** What this epoch left unacknowledged, or null. */
  load() {
    return this.#read(this.#stem + this.#epoch);
  }

  /** Keep `record` (null: nothing is left to keep). False when the browser refuses. */
  save(record) {
    try {
      if (record) localStorage.setItem(this.#stem + this.#epoch, JSON.stringify(record));
      else localStorage.removeItem(this.#stem + this.#epoch);
      return true;
    } catch {
      return false;
    }
  }

  #olderNames() {
    const epochOf = (name) => Number(name.slice(this.#stem.length));
    return recordNames((name) => name.startsWith(this.#stem) && epochOf(name) < this.#epoch).sort(
      (a, b) => epochOf(a) - epochOf(b),
    );
  }

  /** Records of earlier epochs, oldest first. */
  older() {
    return this.#olderNames()
      .map((name) => this.#read(name))
      .filter(Boolean);
  }

  dropOlder() {
    for (const name of this.#olderNames()) localStorage.removeItem(name);
  }

  /** Everything of this attempt: it is handed in, the server has it all. */
  erase() {
    for (const name of recordNames((record) => record.startsWith(this.#stem))) localStorage.removeItem(name);
  }

  /** The epoch that last wrote from this browser; 0 when none did. */
  get penEpoch() {
    return Number(this.#read(`${this.#stem}pen`)?.epoch ?? 0);
  }

  set penEpoch(epoch) {
    try {
      localStorage.setItem(`${this.#stem}pen`, JSON.stringify({ epoch }));
    } catch {
      // Without storage the second tab of a taken-over attempt has to wait for the first to close.
    }
  }
}
