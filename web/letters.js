// Dead letters: the rows that could not become records, whole, with the place that is to blame marked in them.

import { Pace } from "./again.js";
import { h, instant } from "./dom.js";
import { shown } from "./exact.js";
import { LetterGroups } from "./letter_groups.js";
import { Table } from "./table.js";

const pause = 10_000;  // for a page of rows that are whole may be megabytes

export const letterColumns = [
  { name: "file_name", type: "string", title: "File", class: "name", cell: (row) => h("div", {}, fileOf(row), h("p", { class: "dim small-words" }, `${row.dataset ?? ""}, `, instant(row.created_at))) },
  { name: "line", type: "integer", title: "Line" },
  { name: "column", type: "string", title: "Column", class: "column", cell: (row) => h("span", { class: "code" }, row.column ?? "") },
  { name: "reason", type: "string", title: "Reason", class: "reason",
    cell: (row) => h("div", {}, row.reason ?? "", h("p", { class: "dim code" }, row.rule ?? "")) },
  // A row may be longer than any cursor, so the api has no order by it.
  { name: "row", type: "string", title: "Row", sortable: false, class: "raw", cell: (row) => rawRow(row) },
];

const hiddenColumns = [
  { name: "dataset", type: "string" }, { name: "rule", type: "string" }, { name: "created_at", type: "timestamp", title: "When" },
  { name: "file", type: "string", title: "File's id" }, { name: "stage", type: "string" },
  { name: "state", type: "string", title: "State" }, { name: "attempts", type: "integer", title: "Times read" },
  { name: "retry", type: "string", title: "Read last by" }, { name: "note", type: "string", title: "Note" },
];

function fileOf(row) {
  return h("a", { title: row.file_name, href: `#/files/${encodeURIComponent(row.file ?? "")}` }, row.file_name ?? row.file ?? "");
}

// Which piece of the row is meant. A reason quotes the value it is about; of a JSON object and of XML the column's name
// finds it.
export function culprit({ row, column, reason }) {
  if (!row) return null;
  const quoted = /"((?:[^"\\]|\\.)+)"|'([^']+)'/.exec(reason ?? "");
  const value = quoted && (quoted[1] ?? quoted[2]);
  const at = value ? row.indexOf(value) : -1;
  if (at >= 0 && row.indexOf(value, at + 1) < 0) return [at, at + value.length];
  if (!column) return null;
  const key = column.split(".").pop().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const member = new RegExp(`"${key}"\\s*:\\s*("(?:[^"\\\\]|\\\\.)*"|[^,}\\]]+)`).exec(row) ??
    new RegExp(`<${key}\\s*/>|<${key}>[^<]*</${key}>`).exec(row);
  return member && [member.index, member.index + member[0].length];
}

export function rawRow(letter) {
  const found = culprit(letter);
  const text = letter.row ?? "";
  const parts = found ? [text.slice(0, found[0]), h("mark", {}, text.slice(...found)), text.slice(found[1])] : [text];
  // A long one scrolls, and so must be reached by the keyboard.
  const long = text.length > 400 || text.split("\n").length > 6;
  return h("pre", long ? { class: "row-text long", tabindex: "0" } : { class: "row-text" }, parts);
}

export class LettersPage {
  constructor(place, go) {
    this.place = place;
    this.title = "Dead letters";
    this.pace = new Pace(pause);
    this.table = new Table({
      path: "v1/dead-letters", title: this.title, go, place: () => this.place,
      columns: [...letterColumns, ...hiddenColumns], shownColumns: letterColumns,
    });
    this.groups = new LetterGroups({
      file: () => this.place.filters?.find(([name]) => name === "file")?.[1],
      changed: () => Promise.all([this.groups.show(), this.table.refresh()]),
    });
    this.element = h("div", {},
      h("header", { class: "page-head" }, h("div", {}, h("h1", { tabindex: "-1" }, this.title),
        h("p", { class: "facts" }, "Rows that could not become records: kept whole, with the reason. Their neighbours were counted. ",
          "When the definition is mended, they can be read once more."))),
      this.groups.element, this.table.element);
  }

  show(place = this.place) {
    this.place = place;
    return this.paced(() => Promise.all([this.groups.show(), this.table.show()]));
  }

  async refresh() {
    if (this.pace.isDue(performance.now())) await this.paced(() => Promise.all([this.groups.show(), this.table.refresh()]));
  }

  // From the answer on, too: one that takes long is not asked for again at once.
  async paced(ask) {
    this.pace.mark(performance.now());
    await ask();
    this.pace.mark(performance.now());
  }

  close() {}
}

// The first dead letters of a dry run.
export function letterList(letters) {
  return h("ol", { class: "letters" }, letters.map((letter) => h("li", {},
    h("p", {}, h("strong", {}, `Line ${shown(String(letter.line))}`),
      letter.column && h("span", {}, ", ", h("span", { class: "code" }, letter.column)), `: ${letter.reason}`),
    rawRow(letter))));
}
