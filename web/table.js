// A table of the api: sorted and filtered by the api itself, a page at a time. What it is asked stands in the address.

import { page } from "./api.js";
import { drawn, h, instant, options, replace, sayProblem } from "./dom.js";
import { shown } from "./exact.js";
import { filterName, filterOf } from "./place.js";
import { titled } from "./series.js";

const pageRows = 100;

const comparisons = {
  eq: "is", ne: "is not", prefix: "starts with", in: "is one of", gt: "is more than", gte: "is at least",
  lt: "is less than", lte: "is at most", null: "is empty",
};

function comparisonsOf(column) {
  const all = column.type === "string" ? Object.keys(comparisons)
    : column.type === "boolean" ? ["eq", "ne", "null"]
      : ["eq", "ne", "gt", "gte", "lt", "lte", "in", "null"];
  return all.map((name) => [name, comparisons[name]]);
}

const isNumber = (column) => column.type === "integer" || column.type === "decimal";

// columns: [{ name, type, title, cell(row) }]; go(place): what the user asked for; place(): what is asked now.
export class Table {
  constructor({ path, columns, title, place, go, shownColumns }) {
    Object.assign(this, { path, columns, title, place, go });
    this.shown = shownColumns ?? columns;
    this.rows = [];
    this.next = null;
    this.asked = 0;
    this.filters = h("div", { class: "filters" });
    this.head = h("thead");
    this.body = h("tbody");
    this.foot = h("div", { class: "table-foot" });
    this.trouble = h("div");
    this.element = h("section", { class: "card table-card", "aria-label": title },
      this.filters, this.trouble,
      h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title}, rows` },
        h("table", {}, h("caption", { class: "quiet" }, title), this.head, this.body)),
      this.foot);
  }

  // Asks anew, from the first row on; `rows` of them, so that a refresh keeps what had been unfolded.
  async show(limit = pageRows) {
    this.drawFilters();
    this.drawHead();
    if (this.asked === 0) replace(this.foot, h("p", { class: "dim" }, "Loading…"));
    await this.ask((question) => page(this.path, { ...question, limit }), (one) => { this.rows = one.rows; });
  }

  refresh() {
    return this.show(Math.min(10000, Math.max(pageRows, this.rows.length)));
  }

  more() {
    const from = this.rows.length;
    return this.ask((question) => page(this.path, { ...question, limit: pageRows, cursor: this.next }),
      (one) => { this.rows.push(...one.rows); }).then(() => this.body.rows[from]?.cells[0]?.focus());
  }

  // An answer to a question that is no longer asked is dropped.
  async ask(question, take) {
    this.asked += 1;
    const asked = this.asked;
    const { filters, order } = this.place();
    try {
      const one = await question({ filters, order });
      if (asked !== this.asked) return;
      take(one);
      this.next = one.next;
      replace(this.trouble);
      this.drawRows();
    } catch (error) {
      if (asked !== this.asked) return;
      replace(this.trouble, sayProblem(error, () => this.show()));
      if (error.status === 400) {
        this.rows = [];
        this.next = null;
        this.drawRows();
      }
    }
  }

  drawHead() {
    const { order } = this.place();
    drawn(this.head, order, () => h("tr", {}, this.shown.map((column) => {
      const sorted = order === column.name ? "ascending" : order === `-${column.name}` ? "descending" : "none";
      const label = column.title ?? titled(column.name);
      if (column.sortable === false) return h("th", { scope: "col" }, label);
      const turned = sorted === "none" ? (isNumber(column) ? "-" : "") + column.name
        : sorted === (isNumber(column) ? "descending" : "ascending") ? (isNumber(column) ? "" : "-") + column.name : "";
      return h("th", { scope: "col", "aria-sort": sorted, class: isNumber(column) && "number" },
        h("button", { type: "button", class: "sort", "data-key": column.name, title: column.name,
          onclick: () => this.go({ ...this.place(), order: turned }) },
          label, h("span", { class: `arrow ${sorted}`, "aria-hidden": "true" })));
    })));
  }

  drawRows() {
    drawn(this.body, this.rows, () => this.rows.map((row) => h("tr", {}, this.shown.map((column, i) => cellOf(column, row, i === 0)))));
    const count = this.rows.length;
    const words = count === 0
      ? (this.place().filters.length ? "No row passes these filters." : "There are no rows yet.")
      : `${shown(String(count))} ${count === 1 ? "row" : "rows"}${this.next ? " so far" : ""}`;
    drawn(this.foot, [words, this.next !== null], () => [h("p", { class: count === 0 ? "empty" : "dim" }, words),
      this.next && h("button", { type: "button", class: "more", onclick: () => this.more() }, "More rows")]);
  }

  drawFilters() {
    // A form that is being filled in is left alone.
    if (this.filters.contains(document.activeElement) && this.filters.querySelector("form")) return;
    const { filters } = this.place();
    drawn(this.filters, filters, () => [
      h("ul", { class: "chips", "aria-label": "Filters" }, filters.map(([name, value], i) => {
        const { column, comparison } = filterOf(name);
        const told = this.columns.find((known) => known.name === column);
        const words = comparison === "null"
          ? `${told?.title ?? titled(column)} is ${value === "true" ? "empty" : "not empty"}`
          : `${told?.title ?? titled(column)} ${comparisons[comparison] ?? comparison} ${value}`;
        return h("li", { class: "chip" }, words,
          h("button", { type: "button", "aria-label": `Remove the filter: ${words}`, onclick: () => this.drop(i) }, "×"));
      })),
      h("button", { type: "button", class: "add-filter", "aria-expanded": "false", onclick: () => this.openForm() },
        "Filter")]);
  }

  drop(i) {
    const now = this.place();
    this.go({ ...now, filters: now.filters.filter((_, at) => at !== i) });
    this.filters.querySelector(".add-filter")?.focus();
  }

  closeForm() {
    this.filters.querySelector("form")?.remove();
    const opener = this.filters.querySelector(".add-filter");
    opener?.setAttribute("aria-expanded", "false");
    opener?.focus();
  }

  openForm() {
    if (this.filters.querySelector("form")) return this.closeForm();
    this.filters.querySelector(".add-filter").setAttribute("aria-expanded", "true");
    const column = h("select", { "aria-label": "Column" },
      options(this.columns.map((known) => [known.name, known.title ?? titled(known.name)])));
    const comparison = h("select", { "aria-label": "Comparison" });
    const list = h("datalist", { id: `values-of-${this.path.replaceAll("/", "-")}` });
    const value = h("input", { "aria-label": "Value", placeholder: "value", list: list.id, autocomplete: "off" });
    const chosen = () => this.columns.find((known) => known.name === column.value);
    const offer = () => {
      replace(comparison, options(comparisonsOf(chosen())));
      const values = new Set(this.rows.map((row) => row[column.value]).filter((one) => one !== null));
      replace(list, [...values].slice(0, 200).sort().map((one) => h("option", { value: one })));
    };
    const adapt = () => { value.hidden = comparison.value === "null"; };
    column.addEventListener("change", () => { offer(); adapt(); });
    comparison.addEventListener("change", adapt);
    offer();
    const form = h("form", { class: "filter-form" }, column, comparison, value, list,
      h("button", { type: "submit", class: "primary" }, "Apply"),
      h("button", { type: "button", onclick: () => this.closeForm() }, "Cancel"));
    form.addEventListener("keydown", (event) => { if (event.key === "Escape") this.closeForm(); });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const name = filterName({ column: column.value, comparison: comparison.value });
      const now = this.place();
      this.closeForm();
      this.go({ ...now, filters: [...now.filters, [name, comparison.value === "null" ? "true" : value.value]] });
    });
    this.filters.append(form);
    column.focus();
  }
}

function cellOf(column, row, first) {
  const value = row[column.name];
  const tag = first ? "th" : "td";
  const scope = first ? { scope: "row", tabindex: "-1" } : {};
  if (column.cell) return h(tag, { ...scope, class: column.class }, column.cell(row));
  if (value === null || value === undefined) return h(tag, { ...scope, class: "null" }, h("span", { title: "null" }, "–"));
  if (isNumber(column)) return h(tag, { ...scope, class: "number" }, isName(column, value) ? value : shown(value));
  if (column.type === "timestamp") return h(tag, { ...scope, class: "time" }, instant(value));
  if (column.code) return h(tag, { ...scope, class: "code" }, value);
  const id = /(^|_)id$/.test(column.name);
  return h(tag, { ...scope, title: value.length > (id ? 16 : 36) ? value : null }, h("span", { class: id ? "clip id" : "clip" }, value));
}

// A year or a number that names something is not counted, so its digits stand together.
function isName(column, value) {
  return column.kind === "group" && column.type === "integer" && (/(^|_)id$/.test(column.name) || value.length <= 4);
}
