/** What is believed of the journal: the last values in it, and the numbers that are spent. */

export class Ledger {
  /** slot -> {value, mine}: `mine` when it was acknowledged to this page (only then may a splice follow). */
  base = new Map();
  /** Slots whose changes came too late. */
  late = new Set();
  /** The last number spent, and the last of them that is in the journal. */
  spent;
  acknowledged;

  constructor(seq, answers) {
    this.spent = this.acknowledged = seq;
    for (const slot of answers.slots) this.base.set(slot, { value: answers.rendered(slot), mine: false });
  }

  get values() {
    return new Map([...this.base].map(([slot, { value }]) => [slot, value]));
  }

  saved({ seq, after }) {
    for (const [slot, value] of Object.entries(after)) this.base.set(Number(slot), { value, mine: true });
    this.acknowledged = Math.max(this.acknowledged, seq);
    this.spend(seq);
  }

  tooLate({ seq, after }) {
    for (const slot of Object.keys(after)) this.late.add(Number(slot));
    this.spend(seq);
  }

  spend(seq) {
    this.spent = Math.max(this.spent, seq);
  }

  /** The journal has others' rows up to `seq`. */
  skip(seq) {
    this.spend(seq);
    this.acknowledged = this.spent;
  }

  /** No splice on these: whole values are sent next. */
  sendWhole(slots) {
    for (const slot of slots) this.base.set(slot, { value: this.base.get(slot)?.value, mine: false });
  }

  /** Nothing is believed of these: whatever the page has is sent next. */
  doubt(slots) {
    for (const slot of slots) this.base.set(slot, { value: undefined, mine: false });
  }
}
