// The drop zone, and what becomes of each file: first a dry run, which keeps nothing; then, when asked for, the file
// itself with its progress, and its receipt until that is settled.

import { json, send } from "./api.js";
import { h, replace, sayProblem } from "./dom.js";
import { bytes, shown } from "./exact.js";
import { letterList } from "./letters.js";
import { Queue } from "./queue.js";
import { badge, isSettled, receipt, receiptWords } from "./receipt.js";

const mostAtOnce = 20;
const mostInPanel = 200;
const mostOnTheWay = 2;  // dry runs and sends together

export class Uploads {
  // settled(file): called with each receipt that is settled.
  constructor({ zone, panel, voice, settled }) {
    Object.assign(this, { zone, panel, voice, settled });
    this.queue = new Queue(mostOnTheWay);
    this.list = h("ul", { class: "uploads" });
    this.input = h("input", { type: "file", multiple: true, class: "quiet", id: "file-choice", "aria-label": "Files to upload",
      tabindex: "-1", onchange: () => { this.take(this.input.files); this.input.value = ""; } });
    replace(zone, h("p", {}, h("strong", {}, "Drop files here")),
      h("button", { type: "button", onclick: () => this.input.click() }, "Choose files"), this.input);
    this.closer = h("button", { type: "button", class: "plain", "aria-label": "Close the uploads", onclick: () => this.close() }, "×");
    replace(panel, h("header", {}, h("h2", {}, "Uploads"), this.closer), this.list);
    this.listen();
  }

  // A file that misses the zone must not take the page away.
  listen() {
    let depth = 0;
    const files = (event) => event.dataTransfer?.types.includes("Files");
    const mark = (on) => { this.zone.classList.toggle("over", on); };
    addEventListener("dragenter", (event) => { if (files(event)) { depth += 1; mark(true); } });
    addEventListener("dragleave", (event) => { if (files(event)) { depth -= 1; if (depth <= 0) { depth = 0; mark(false); } } });
    addEventListener("dragover", (event) => { if (files(event)) event.preventDefault(); });
    addEventListener("drop", (event) => {
      if (!files(event)) return;
      event.preventDefault();
      depth = 0;
      mark(false);
      this.take(withoutFolders(event.dataTransfer, () => this.say("A folder is not taken; drop its files, or a zip of it.")));
    });
    this.panel.addEventListener("keydown", (event) => { if (event.key === "Escape") this.close(); });
  }

  say(words) { this.voice.textContent = words; }

  take(files) {
    const room = mostInPanel - this.list.children.length;
    const taken = [...files].slice(0, Math.min(mostAtOnce, room));
    if (files.length === 0) return;
    this.panel.hidden = false;
    document.body.classList.add("with-panel");
    for (const file of taken) this.list.prepend(new Upload(file, this).element);
    if (files.length > room) this.say(`There are ${mostInPanel} uploads at most; dismiss some to make room.`);
    else if (files.length > mostAtOnce) this.say(`Only the first ${mostAtOnce} files are taken at once.`);
  }

  close() {
    this.panel.hidden = true;
    document.body.classList.remove("with-panel");
    this.zone.querySelector("button").focus();
  }
}

function withoutFolders(transfer, told) {
  const isFolder = [...transfer.items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry?.()?.isDirectory);
  if (isFolder.some(Boolean)) told();
  return [...transfer.files].filter((_, i) => !isFolder[i]);
}

function freshKey() {
  const bits = crypto.getRandomValues(new Uint8Array(16));
  return [...bits].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Upload {
  constructor(file, uploads) {
    this.file = file;
    this.uploads = uploads;
    // The same for each try, so that a file whose answer was lost is not delivered twice.
    this.key = freshKey();
    this.state = h("span");
    this.meter = h("progress", { max: "1", value: "0", "aria-label": `Sending ${file.name}` });
    this.told = h("div", { class: "told" });
    this.actions = h("div", { class: "actions" });
    this.element = h("li", { class: "upload" },
      h("div", { class: "upload-head" }, h("strong", { class: "clip", title: file.name }, file.name),
        h("span", { class: "dim" }, bytes(String(file.size))), this.state),
      this.meter, this.told, this.actions);
    this.check();
  }

  show(state, actions = []) {
    replace(this.state, badge(state));
    replace(this.actions, actions.map(([words, act, kind]) => h("button", { type: "button", class: kind, onclick: act }, words)));
  }

  dismiss() {
    this.sending?.cancel();
    this.dismissed = true;
    this.element.remove();
    if (this.uploads.list.children.length === 0) this.uploads.close();
  }

  // Says that it waits, until it is its turn: then that it is `doing`.
  sent(options, doing, actions) {
    this.sending?.cancel();
    this.meter.hidden = false;
    this.meter.value = 0;
    this.show("waiting", actions);
    this.sending = this.uploads.queue.add(() => {
      replace(this.state, badge(doing));
      return send(this.file, { ...options, progress: (share) => { this.meter.value = share; } });
    }, !options.dryRun);
    return this.sending.done;
  }

  async check() {
    try {
      const answer = await this.sent({ dryRun: true }, "checking",
        [["Send without waiting", () => this.send(), "primary"], ["Cancel", () => this.dismiss()]]);
      const diagnoses = answer.files ?? [answer];
      this.meter.hidden = true;
      replace(this.told, diagnoses.map((one) => diagnosis(one, diagnoses.length > 1)));
      const refused = diagnoses.every((one) => one.state === "failed" || one.definition === null);
      this.show(refused ? "refused" : "checked",
        refused ? [["Dismiss", () => this.dismiss()]]
          : [["Send it", () => this.send(), "primary"], ["Dismiss", () => this.dismiss()]]);
      this.uploads.say(`${this.file.name}, checked: ${diagnoses.map((one) => one.error ?? receiptWords(one)).join("; ")}`);
    } catch (error) {
      this.failed(error, () => this.check());
    }
  }

  failed(error, again) {
    if (error.name === "AbortError") return;
    this.meter.hidden = true;
    replace(this.told, sayProblem(error));
    this.show("failed", [["Try again", again, "primary"], ["Dismiss", () => this.dismiss()]]);
  }

  async send() {
    replace(this.told);
    this.uploads.say(`Sending ${this.file.name}`);
    try {
      const answer = await this.sent({ key: this.key }, "sending", [["Cancel", () => this.dismiss()]]);
      this.meter.hidden = true;
      await this.follow((answer.files ?? [answer]).map(({ id }) => id));
    } catch (error) {
      this.failed(error, () => this.send());
    }
  }

  // Asks for the receipts until they are settled, less often the longer it takes.
  async follow(ids) {
    for (let wait = 250; !this.dismissed; wait = Math.min(5000, wait * 1.2)) {
      const files = [];
      for (const id of ids) files.push(await patiently(() => json(`v1/files/${encodeURIComponent(id)}`)));
      replace(this.told, files.map((file) => h("div", {}, files.length > 1 && h("h3", {}, file.name), receipt(file),
        file.error && h("p", { class: "problem" }, file.error))));
      if (files.every(({ state }) => isSettled(state))) return this.settle(files);
      this.show(files.find(({ state }) => !isSettled(state)).state, [["Dismiss", () => this.dismiss()]]);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }

  settle(files) {
    const worst = files.find(({ state }) => state === "failed") ?? files.find(({ state }) => state === "duplicate") ?? files[0];
    this.show(worst.state, [["Dismiss", () => this.dismiss()]]);
    this.actions.prepend(h("a", { class: "button", href: `#/files/${encodeURIComponent(files[0].id)}` }, "See its receipt"));
    this.uploads.say(`${this.file.name}, ${worst.state}: ${files.map((file) => file.error ?? receiptWords(file)).join("; ")}`);
    for (const file of files) this.uploads.settled(file);
  }
}

// The file is stored: a server that is away for a while changes nothing about that.
async function patiently(ask) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries >= 30 || (error.status !== 0 && error.status !== 503)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}

function diagnosis(one, named) {
  const letters = one.first_dead_letters ?? [];
  return h("div", { class: "diagnosis" },
    named && h("h3", {}, one.name),
    one.error && h("div", { class: "problem" }, h("p", {}, one.error)),
    !one.error && one.definition === null && h("div", { class: "problem" }, h("p", {}, "No definition takes a file of this name.")),
    !one.error && one.definition !== null && h("p", {}, `Would be read as ${one.dataset}: ${dialect(one)}.`),
    !one.error && receipt(one),
    letters.length > 0 && h("details", { open: true },
      h("summary", {}, `${shown(String(one.dead_letters))} ${Number(one.dead_letters) === 1 ? "row" : "rows"} would be dead letters`),
      letterList(letters.slice(0, 5)),
      letters.length > 5 && h("p", { class: "dim" }, "The first 5.")),
    one.fields?.length > 0 && h("details", {}, h("summary", {}, `${one.fields.length} fields`), fields(one.fields)),
    one.proposal && h("details", { open: true }, h("summary", {}, "A definition that would take it"),
      h("pre", { class: "proposal", tabindex: "0" }, one.proposal)));
}

function dialect({ dialect: found = {}, encoding, line_ends: ends }) {
  const signs = { ",": "comma", ";": "semicolon", "\t": "tab", "|": "bar" };
  const told = [found.format, found.delimiter && `${signs[found.delimiter] ?? found.delimiter} between`, encoding, ends];
  return told.filter(Boolean).join(", ");
}

function fields(list) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Fields" },
    h("table", { class: "small" },
      h("thead", {}, h("tr", {}, ["Field", "Type", "Values", "Empty", "Different", "Least", "Greatest"].map((title) => h("th", { scope: "col" }, title)))),
      h("tbody", {}, list.map((field) => h("tr", {}, h("th", { scope: "row" }, field.name), h("td", {}, field.type),
        [field.values, field.nulls, field.distinct].map((count) => h("td", { class: "number" }, shown(String(count)))),
        [field.least, field.greatest].map((value) => h("td", {}, h("span", { class: "clip" }, value ?? "–"))))))));
}
