// A report: its plot over its table, anew until the rows of its newest revision have come.

import { Part } from "./again.js";
import { isFinal, pages } from "./api.js";
import { age, drawn, h, options, replace, sayProblem } from "./dom.js";
import { shown } from "./exact.js";
import { notesOf } from "./notes.js";
import { Plot } from "./plot.js";
import { readable } from "./place.js";
import { measureOf, plotOf, plotted, questionOf, seriesOf, splitsOf, titled, totalsOf } from "./series.js";
import { Table } from "./table.js";

const mostPages = 5;  // of 10,000 rows, for a plot

export class ReportPage {
  constructor(report, place, go) {
    this.report = report;
    this.place = place;
    this.title = titled(report.name);
    this.path = `v1/reports/${encodeURIComponent(report.name)}`;
    this.plot = plotOf(report);
    this.asked = 0;
    this.go = go;
    this.facts = h("p", { class: "facts" });
    this.download = h("a", { class: "button", download: `${report.name}.csv`,
      "aria-label": "CSV, up to 10,000 rows", title: "Up to 10,000 rows, filtered and ordered as here" }, "CSV");
    this.table = new Table({
      path: this.path, title: this.title, go, place: () => this.place,
      columns: report.columns.map((column) => ({ ...column, code: report.columns.some((one) => one.currency === column.name) })),
    });
    this.element = h("div", {},
      h("header", { class: "page-head" },
        h("div", {}, h("p", { class: "eyebrow" }, titled(report.dataset)), h("h1", { tabindex: "-1" }, this.title), this.facts),
        h("div", { class: "actions" }, this.download)),
      this.plot && this.plotCard(), this.table.element);
    this.plotPart = new Part(() => this.showPlot());
    this.tablePart = new Part(() => this.table.refresh());
    this.tell(report);
  }

  plotCard() {
    this.drawing = new Plot(this.title);
    this.measure = h("select", { onchange: () => this.choose("measure", this.measure.value) });
    this.split = h("select", { onchange: () => this.choose("split", this.split.value) });
    this.splitLabel = h("label", {}, "by ", this.split);
    this.note = h("p", { class: "note" });
    this.trouble = h("div");
    this.tiles = h("dl", { class: "tiles" });
    return h("div", {}, this.tiles,
      h("section", { class: "card plot-card", "aria-label": `Plot of ${this.title}` },
        h("div", { class: "plot-choices" }, h("label", {}, "Show ", this.measure), this.splitLabel),
        this.trouble, this.drawing.element, this.note));
  }

  choose(name, value) {
    this.go({ ...this.place, own: { ...this.place.own, [name]: value } });
  }

  // Revision and freshness, as the list of reports has them.
  tell(report) {
    this.report = report;
    const parts = [];
    if (report.updated_at === null) parts.push("no rows yet");
    else parts.push(`changed ${age(report.freshness_seconds)} ago`, `revision ${shown(String(report.revision))}`);
    if (report.rows_estimate > 0) parts.push(`about ${shown(String(report.rows_estimate))} rows`);
    if (report.first_open_window) parts.push(`complete before ${report.first_open_window}`);
    else if (report.complete_through) parts.push(`complete up to ${report.complete_through.slice(0, 10)}`);
    replace(this.facts, h("span", { class: "dot", "aria-hidden": "true" }), parts.join(" · "));
  }

  show(place = this.place) {
    const sameRows = JSON.stringify([place.filters, place.order]) === JSON.stringify([this.place.filters, this.place.order]);
    this.place = place;
    const query = new URLSearchParams(place.filters);
    if (place.order) query.append("order", place.order);
    query.append("format", "csv");
    query.append("limit", "10000");
    this.download.setAttribute("href", `${this.path}?${readable(query)}`);
    const { revision } = this.report;
    return Promise.all([this.plotPart.bring(revision),
      sameRows && this.table.rows.length ? null : this.tablePart.bring(revision, () => this.table.show())]);
  }

  behind() {
    return [this.plotPart, this.tablePart].filter((part) => part.isBehind(this.report.revision));
  }

  // What did not come is asked for again with each call.
  refresh() {
    return Promise.all(this.behind().map((part) => part.bring(this.report.revision)));
  }

  async showPlot() {
    if (!this.plot) return true;
    this.asked += 1;
    const asked = this.asked;
    const measure = measureOf(this.plot, this.place.own.measure);
    const question = questionOf(this.plot, measure);
    const filters = [...this.place.filters, ...(question.filters ?? [])];
    try {
      const most = this.plot.kind === "ranking" ? 1 : mostPages;
      const answer = await pages(this.path, { ...question, filters }, most);
      if (asked !== this.asked || this.closed) return false;
      replace(this.trouble);
      this.drawPlot(measure, plotted(this.plot, answer));
      return true;
    } catch (error) {
      if (asked === this.asked) replace(this.trouble, sayProblem(error, () => this.plotPart.bring(this.report.revision)));
      return isFinal(error);
    }
  }

  drawPlot(measure, shows) {
    const { rows, whole } = shows;
    const splits = this.plot.kind === "ranking" ? [] : splitsOf(this.plot, rows);
    const wanted = this.place.own.split;
    const split = wanted === "nothing" ? null : splits.find(({ name }) => name === wanted) ?? splits[0] ?? null;
    choices(this.measure, this.plot.measures.map(({ name }) => [name, titled(name)]), measure.name);
    this.splitLabel.hidden = splits.length === 0 || !measure.sums;
    choices(this.split, [...splits.map(({ name }) => [name, titled(name).toLowerCase()]), ["nothing", "nothing"]],
      split?.name ?? "nothing");
    const model = seriesOf(this.plot, measure, split, rows);
    const empty = model.labels.length === 0;
    this.drawing.element.hidden = empty;
    if (!empty) this.drawing.draw(model, this.plot.kind, titled(measure.name));
    const several = measure.currency && new Set(rows.map((row) => row[measure.currency])).size > 1;
    const notes = notesOf(this.plot, measure, model, shows, several).join(" ");
    drawn(this.note, notes, () => [notes]);
    this.drawTiles(whole && this.plot.kind !== "ranking" ? totalsOf(this.plot, rows) : []);
  }

  drawTiles(totals) {
    this.tiles.hidden = totals.length === 0;
    replace(this.tiles, totals.map(({ measure, currency, total }) => h("div", { class: "tile" },
      h("dt", {}, titled(measure.name)),
      h("dd", {}, shown(total), currency && h("span", { class: "code" }, ` ${currency}`)))));
  }

  close() {
    this.closed = true;
    this.drawing?.close();
  }
}

function choices(select, pairs, chosen) {
  drawn(select, pairs, () => options(pairs, chosen));
  select.value = chosen;
}
