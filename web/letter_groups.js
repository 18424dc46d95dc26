// Dead letters by rule and column: to be read once more when the definition is mended, or discarded. Each is asked about
// first, with how many rows it means.

import { json, post } from "./api.js";
import { drawn, h, replace, sayProblem } from "./dom.js";
import { shown } from "./exact.js";

export const rowsOf = (count) => `${shown(String(count))} ${Number(count) === 1 ? "row" : "rows"}`;

// What a retry or a discard of the group is to mean.
export function filterOf({ dataset, rule, column }, file) {
  return { dataset, rule, column: column ?? "", ...(file ? { file } : {}) };
}

// What a dry run's answer says.
export function saidBefore({ letters, not_retriable: rest }) {
  const most = `${rowsOf(letters)} would be read once more, by the definition as it is now.`;
  return [most, ...rest.map(({ letters: n, why }) => `${rowsOf(n)} cannot be. ${why}`)];
}

export function saidAfter(file) {
  if (file.state === "duplicate") return "The same rows were tried by this very definition before. Mend it first.";
  if (file.state === "failed") return file.error;
  if (file.state !== "done") return "They are being read.";
  const good = file.rows - file.dead_letters;
  return `${rowsOf(good)} of ${shown(String(file.rows))} are records now` + (file.dead_letters > 0 ? `; ${rowsOf(file.dead_letters)} failed again.` : ".");
}

export class LetterGroups {
  // file(): the id that the list is narrowed to, or nothing. changed(): the list is to be asked for anew.
  constructor({ file, changed }) {
    Object.assign(this, { file, changed });
    this.list = h("ul", { class: "letter-groups plain" });
    this.said = h("div", { class: "letter-said", role: "status" });
    this.element = h("section", { "aria-label": "By rule and column" }, this.list, this.said);
  }

  async show() {
    try {
      const file = this.file();
      const { groups } = await json(`v1/dead-letters/groups${file ? `?file=${encodeURIComponent(file)}` : ""}`);
      const open = groups.filter((group) => group.open > 0 && group.dataset && group.rule);
      drawn(this.list, open, () => open.map((group) => this.item(group)));
    } catch (error) {
      drawn(this.list, error.message, () => h("li", {}, sayProblem(error, () => this.show())));
    }
  }

  item(group) {
    const name = `${group.rule}${group.column ? ` in ${group.column}` : ""}`;
    const button = (text, act) => h("button", { type: "button", "aria-label": `${text} ${name} of ${group.dataset}`, onclick: act }, text);
    return h("li", {},
      h("span", {}, h("strong", {}, rowsOf(group.open)), ` of ${group.dataset}: `, h("span", { class: "code" }, name)),
      h("span", { class: "letter-buttons" },
        group.retriable > 0 && button("Retry", () => this.ask(group)),
        button("Discard", () => this.askToDiscard(group))));
  }

  // A button that does it, and one that does not.
  offer(lines, text, act, ...more) {
    const yes = h("button", { type: "button", class: "primary", onclick: act }, text);
    replace(this.said, lines.map((line) => h("p", {}, line)), more,
      h("p", {}, yes, " ", h("button", { type: "button", onclick: () => replace(this.said) }, "Leave it")));
    yes.focus();
  }

  async guarded(act) {
    try {
      await act();
    } catch (error) {
      replace(this.said, sayProblem(error));
    }
  }

  ask(group) {
    return this.guarded(async () => {
      const filter = filterOf(group, this.file());
      const answer = await post("v1/dead-letters/retry?dry_run=true", filter);
      if (answer.letters === 0) return replace(this.said, saidBefore(answer).map((line) => h("p", {}, line)));
      return this.offer(saidBefore(answer), `Retry ${rowsOf(answer.letters)}`, () => this.retry(filter));
    });
  }

  retry(filter) {
    return this.guarded(async () => {
      const { file } = await post("v1/dead-letters/retry", filter);
      if (!file) return replace(this.said, h("p", {}, "There is nothing to retry any more."));
      let state = file;
      for (let turn = 0; turn < 600; turn += 1) {
        replace(this.said, h("p", {}, saidAfter(state), " ", h("a", { href: `#/files/${encodeURIComponent(file.id)}` }, "Its receipt")));
        if (["done", "duplicate", "failed"].includes(state.state)) break;
        await new Promise((resolve) => setTimeout(resolve, 500));
        state = await json(`v1/files/${encodeURIComponent(file.id)}`);
      }
      await this.changed();
    });
  }

  askToDiscard(group) {
    const note = h("input", { type: "text", maxlength: "1000" });
    this.offer([`${rowsOf(group.open)} will be discarded: kept, and no longer listed or retried.`], `Discard ${rowsOf(group.open)}`,
      () => this.guarded(async () => {
        const { discarded } = await post("v1/dead-letters/discard", { ...filterOf(group, this.file()), note: note.value });
        replace(this.said, h("p", {}, `${rowsOf(discarded)} discarded.`));
        await this.changed();
      }),
      h("label", {}, "Why ", note));
  }
}
