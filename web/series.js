// What a report's plot shows, decided from its columns and rows alone. Values stay texts (exact.js).
//
// A report with a window is plotted over time, one whose group is a number in that order, any other as the ranking of
// its greatest rows. Rows are added up only where the sum means something: counts and sums are, averages and ratios
// are not, and two currencies never are.

import { add } from "./exact.js";
import { filled, windows } from "./windows.js";

export const mostSeries = 8;
export const mostBars = 20;
const mostSplits = 12;

const isNumber = (column) => column.type === "integer" || column.type === "decimal";

// What there is to choose from: { kind, x, measures, groups }; null where the report has nothing to plot.
export function plotOf(report) {
  const { columns } = report;
  const measures = columns.filter((column) => column.kind === "measure" && isNumber(column));
  if (measures.length === 0) return null;
  const currencies = new Set(measures.map((column) => column.currency).filter(Boolean));
  const groups = columns.filter((column) => column.kind === "group" && !currencies.has(column.name));
  const window = columns.find((column) => column.kind === "window");
  const out = { measures, groups, rank: columns.find((column) => column.kind === "rank") };
  if (window) {
    const reader = windows(window.window.unit, window.window.pattern);
    return { ...out, kind: reader.timed ? "time" : "ordered", x: window, reader };
  }
  const ordered = groups.length === 1 && groups[0].type === "integer";
  return { ...out, kind: ordered ? "ordered" : "ranking", x: ordered ? groups[0] : null };
}

export function measureOf(plot, name) {
  const byChoice = plot.measures.find((column) => column.name === name);
  return byChoice ?? plot.measures.find((column) => column.currency) ?? plot.measures[0];
}

// The question to the api behind a plot.
export function questionOf(plot, measure) {
  if (plot.kind === "time") return { order: `-${plot.x.name}`, limit: 10000 };
  if (plot.kind === "ordered") return { order: plot.x.name, limit: 1000 };
  // Null stands before every number, from the greatest on.
  if (plot.rank) return { order: plot.rank.name, limit: mostBars };
  return { order: `-${measure.name}`, limit: mostBars, filters: [[`${measure.name}[null]`, "false"]] };
}

// What of the rows that came is plotted: { rows, whole, onlyPart }. Where there are more in the api, the last place on the
// axis that came may have more rows too, and a part of it must not look like the whole: it is left out. onlyPart: there
// is no other place, so a part is what there is to show.
export function plotted(plot, { rows, whole }) {
  if (whole || plot.kind === "ranking" || rows.length === 0) return { rows, whole, onlyPart: false };
  const last = rows[rows.length - 1][plot.x.name];
  const kept = rows.filter((row) => row[plot.x.name] !== last);
  return kept.length > 0 ? { rows: kept, whole, onlyPart: false } : { rows, whole, onlyPart: true };
}

// The groups a sum may be split by: those with few values.
export function splitsOf(plot, rows) {
  return plot.groups.filter((column) => column !== plot.x)
    .map((column) => ({ column, values: new Set(rows.map((row) => row[column.name])).size }))
    .filter(({ values }) => values >= 2 && values <= mostSplits)
    .sort((a, b) => a.values - b.values)
    .map(({ column }) => column);
}

// { unit, labels, names, series: [{ name, values }], of }: as many values as labels; of: how many series there were.
export function seriesOf(plot, measure, split, rows) {
  if (plot.kind === "ranking") return rankingOf(plot, measure, rows);
  const by = seriesColumns(plot, measure, split);
  const place = plot.kind === "time" ? (row) => plot.reader.start(row[plot.x.name]) : (row) => row[plot.x.name];
  const found = new Map();
  const places = new Set();  // in the order of the rows, which is the axis's where that is no time
  for (const row of rows) {
    const at = place(row);
    const value = row[measure.name];
    if (at === null || value === null) continue;
    const key = JSON.stringify(by.map((column) => row[column]));
    if (!found.has(key)) found.set(key, { row, points: new Map() });
    const { points } = found.get(key);
    places.add(at);
    points.set(at, points.has(at) ? add(points.get(at), value) : value);
  }
  const labels = plot.kind === "time" ? filled(plot.x.window.unit, [...places]) : [...places];
  const name = namesOf(by, measure, [...found.values()].map(({ row }) => row));
  const series = [...found.values()].map(({ row, points }) => ({
    name: name(row),
    // A count or sum of nothing is nothing; an average of nothing is not known.
    values: labels.map((at) => points.get(at) ?? (measure.sums ? "0" : null)),
  }));
  series.sort((a, b) => weight(b) - weight(a) || (a.name < b.name ? -1 : 1));
  const shown = series.slice(0, mostSeries).sort((a, b) => (a.name < b.name ? -1 : 1));
  return { unit: plot.x.window?.unit, labels, names: labelNames(plot, labels), series: shown, of: series.length };
}

function labelNames(plot, labels) {
  if (plot.kind === "time") return null;
  return labels.map((label) => (plot.reader ? plot.reader.name(label) : label));
}

function seriesColumns(plot, measure, split) {
  const groups = measure.sums
    ? [split?.name].filter(Boolean)
    : plot.groups.filter((column) => column !== plot.x).map((column) => column.name);
  return measure.currency ? [...groups, measure.currency] : groups;
}

// "France (EUR)". A column that is the same in all of them needs no saying.
function namesOf(columns, measure, rows) {
  const told = columns.filter((column) => new Set(rows.map((row) => row[column])).size > 1);
  return (row) => {
    const currency = measure.currency && row[measure.currency];
    const groups = told.filter((column) => column !== measure.currency).map((column) => row[column] ?? "none");
    if (groups.length === 0) return currency ?? titled(measure.name);
    return groups.join(" · ") + (currency ? ` (${currency})` : "");
  };
}

function weight({ values }) {
  return values.reduce((sum, value) => sum + Math.abs(Number(value ?? 0)), 0);
}

function rankingOf(plot, measure, rows) {
  const texts = plot.groups.filter((column) => column.type === "string");
  // The first text names a row of a top; else all groups do, for they are its key.
  const by = plot.rank ? texts.slice(0, 1) : plot.groups;
  const label = (row) => {
    const groups = by.map((column) => row[column.name] ?? "none").join(" · ");
    return measure.currency ? `${groups} (${row[measure.currency]})` : groups;
  };
  const known = rows.filter((row) => row[measure.name] !== null);
  return {
    labels: known.map((_, i) => i),
    names: known.map(label),
    series: [{ name: titled(measure.name), values: known.map((row) => row[measure.name]) }],
    of: 1,
  };
}

// Exact totals of what can be added, each currency for itself: [{ measure, currency, total }].
export function totalsOf(plot, rows) {
  const out = [];
  for (const measure of plot.measures.filter((column) => column.sums)) {
    const totals = new Map();
    for (const row of rows) {
      const value = row[measure.name];
      if (value === null) continue;
      const currency = measure.currency ? row[measure.currency] : "";
      totals.set(currency, totals.has(currency) ? add(totals.get(currency), value) : value);
    }
    for (const currency of [...totals.keys()].sort()) out.push({ measure, currency, total: totals.get(currency) });
  }
  return out;
}

// "number_of_bookings" as a title.
export function titled(name) {
  const words = name.replaceAll("_", " ").trim();
  return words ? words[0].toUpperCase() + words.slice(1) : name;
}
