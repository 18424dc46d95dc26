// Files and their receipts.

import { json } from "./api.js";
import { drawn, h, instant, replace, sayProblem } from "./dom.js";
import { bytes, shown } from "./exact.js";
import { badge, parts, receipt, receiptBar } from "./receipt.js";
import { Table } from "./table.js";

const columns = [
  { name: "name", type: "string", title: "File", class: "name", cell: (row) => h("a", { title: row.name, href: `#/files/${encodeURIComponent(row.id)}` }, row.name ?? row.id) },
  { name: "state", type: "string", title: "State", cell: (row) => badge(row.state) },
  { name: "dataset", type: "string", title: "Dataset" },
  { name: "rows", type: "integer", title: "Rows" },
  { name: "receipt", type: "integer", title: "Receipt", sortable: false, class: "bar-cell", cell: receiptBar },
  { name: "dead_letters", type: "integer", title: "Dead letters", class: "number", cell: (row) => lettersOf(row) },
  { name: "bytes", type: "integer", title: "Size", class: "number", cell: (row) => (row.bytes === null ? "–" : bytes(row.bytes)) },
  { name: "source", type: "string", title: "Came by" },
  { name: "finished_at", type: "timestamp", title: "Finished" },
];
const more = [
  "id:string", "path:string", "sha256:string", "records:integer", "corrections:integer", "duplicates:integer",
  "late:integer", "duplicate_of:string", "error:string", "started_at:timestamp",
  "event_time_max:timestamp",
].map((text) => ({ name: text.split(":")[0], type: text.split(":")[1] }));

function lettersOf(row) {
  const count = Number(row.dead_letters ?? 0);
  if (count === 0) return "0";
  return h("a", { href: `#/dead-letters?file=${encodeURIComponent(row.id)}` }, shown(String(count)));
}

export class FilesPage {
  constructor(place, go) {
    this.place = place;
    this.title = "Files";
    this.table = new Table({
      path: "v1/files", title: this.title, go, place: () => this.place,
      columns: [...columns.filter(({ name }) => name !== "receipt"), ...more], shownColumns: columns,
    });
    this.element = h("div", {},
      h("header", { class: "page-head" }, h("div", {}, h("h1", { tabindex: "-1" }, this.title),
        h("p", { class: "facts" }, "Every row of a file ends as a new record, a correction, a duplicate or a dead letter."),
        legend())),
      this.table.element);
  }

  show(place = this.place) {
    this.place = place;
    return this.table.show();
  }

  refresh() { return this.table.refresh(); }
  close() {}
}

function legend() {
  return h("ul", { class: "legend plain", "aria-label": "Parts of a receipt" },
    parts.map(([name, title]) => h("li", {}, h("span", { class: `swatch ${name}`, "aria-hidden": "true" }), title)));
}

export class FilePage {
  constructor(id) {
    this.id = id;
    this.title = "File";
    this.heading = h("h1", { tabindex: "-1" }, id);
    this.state = h("p", { class: "facts" });
    this.body = h("div");
    this.element = h("div", {},
      h("header", { class: "page-head" }, h("div", {},
        h("p", { class: "eyebrow" }, h("a", { href: "#/files" }, "Files")), this.heading, this.state)),
      this.body);
  }

  async show() {
    try {
      const file = await json(`v1/files/${encodeURIComponent(this.id)}`);
      this.title = file.name ?? this.id;
      drawn(this.heading, this.title, () => this.title);
      drawn(this.state, [file.state, file.dataset], () => [badge(file.state), ` ${file.dataset ? `of ${file.dataset}` : "of no dataset"}`]);
      drawn(this.body, file, () => this.card(file));
    } catch (error) {
      drawn(this.body, error.message, () => sayProblem(error, () => this.show()));
    }
  }

  card(file) {
    const facts = [
      ["Came by", file.source], ["Path", file.path], ["Size", file.bytes === null ? null : `${shown(String(file.bytes))} bytes`],
      ["SHA-256", file.sha256], ["Late rows", file.late === null ? null : shown(String(file.late))],
      ["Newest event", file.event_time_max && instant(file.event_time_max)],
      ["Started", file.started_at && instant(file.started_at)], ["Finished", file.finished_at && instant(file.finished_at)],
    ].filter(([, value]) => value !== null && value !== undefined && value !== "");
    return h("section", { class: "card file-card", "aria-label": "Receipt" },
      file.error && h("div", { class: "problem" }, h("p", {}, file.error)),
      file.duplicate_of && h("p", {}, "The same bytes came before: ",
        h("a", { href: `#/files/${encodeURIComponent(file.duplicate_of)}` }, file.duplicate_of)),
      receipt(file),
      Number(file.dead_letters) > 0 && h("p", {},
        h("a", { href: `#/dead-letters?file=${encodeURIComponent(file.id)}` }, "See its dead letters")),
      h("dl", { class: "file-facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)))));
  }

  refresh() { return this.show(); }
  close() {}
}
