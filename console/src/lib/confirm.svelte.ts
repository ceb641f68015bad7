// "Really delete laptop?" as a promise; shell/ConfirmDialog.svelte draws it.
export interface Question {
  title: string;
  text: string;
  /** What the button says: the deed, not "OK". */
  action: string;
  danger?: boolean;
  /** Must be typed before the deed can be done; for what cannot be had back and is dear. */
  typed?: string;
}

class Confirm {
  question = $state<Question | null>(null);
  private answer: ((yes: boolean) => void) | null = null;

  ask(question: Question): Promise<boolean> {
    this.answer?.(false);
    this.question = question;
    return new Promise((resolve) => (this.answer = resolve));
  }
  reply(yes: boolean): void {
    const answer = this.answer;
    this.answer = null;
    this.question = null;
    answer?.(yes);
  }
}

const confirm = new Confirm();
export default confirm;
export const ask = (question: Question): Promise<boolean> => confirm.ask(question);
