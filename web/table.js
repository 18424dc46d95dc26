// A table of the api: sorted and filtered by the api itself, a page at a time. What it is asked stands in the address.

import { isFinal, page } from "./api.js";
import { drawn, h, instant, options, replace, sayProblem } from "./dom.js";
import { shown } from "./exact.js";
import { filterName, filterOf } from "./place.js";
import { Rows } from "./rows.js";
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
    this.data = new Rows((question) => {
      const { filters, order } = this.place();
      return page(this.path, { filters, order, ...question });
    }, pageRows);
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

  get rows() { return this.data.rows; }

  // Asks anew, from the first row on. This and refresh() resolve with whether what is shown is what the api says now.
  show() {
    return this.ask(() => this.data.first());
  }

  refresh() {
    return this.ask(() => this.data.again());
  }

  async more() {
    const from = this.rows.length;
    this.draw(await this.data.more());
    this.body.rows[from]?.cells[0]?.focus();
  }

  async ask(question) {
    this.drawFilters();
    this.drawHead();
    if (this.data.asked === 0) replace(this.foot, h("p", { class: "dim" }, "Loading…"));
    return this.draw(await question());
  }

  // An answer to a question that is no longer asked is none.
  draw(answer) {
    if (answer === null) return false;
    const { error } = answer;
    replace(this.trouble, error && sayProblem(error, () => this.show()));
    if (!error || error.status === 400) this.drawRows();
    return !error || isFinal(error);
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
    const { next } = this.data;
    drawn(this.body, this.rows, () => this.rows.map((row) => h("tr", {}, this.shown.map((column, i) => cellOf(column, row, i === 0)))));
    const count = this.rows.length;
    const words = count === 0
      ? (this.place().filters.length ? "No row passes these filters." : "There are no rows yet.")
      : `${shown(String(count))} ${count === 1 ? "row" : "rows"}${next ? " so far" : ""}`;
    drawn(this.foot, [words, next !== null], () => [h("p", { class: count === 0 ? "empty" : "dim" }, words),
      next && h("button", { type: "button", class: "more", onclick: () => this.more() }, "More rows")]);
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
