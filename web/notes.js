// What is said under a plot: what it does not show, and why.

import { shown } from "./exact.js";
import { mostBars, mostSeries, titled } from "./series.js";

// model: of seriesOf(); shows: of plotted(); several: whether there are several currencies.
export function notesOf(plot, measure, model, shows, several) {
  if (model.labels.length === 0) return ["Nothing to plot yet. Drop a file, or take a filter away."];
  const out = [];
  if (plot.kind === "ranking" && model.labels.length === mostBars) out.push(`The first ${mostBars}; the table has all.`);
  if (!measure.sums && model.of > 1) {
    out.push(`${titled(measure.name)} cannot be added up, so each group has a line of its own.`);
  }
  if (model.of > mostSeries) out.push(`The ${mostSeries} largest of ${shown(String(model.of))}.`);
  if (several) out.push("Each amount is in its own currency; they are never added, and only a filter makes them comparable.");
  if (!shows.whole && plot.kind !== "ranking") out.push(partOf(plot, shows.onlyPart));
  return out;
}

function partOf(plot, onlyPart) {
  const place = plot.x.kind === "window" ? "window" : "group";
  const which = plot.kind === "time" ? "newest" : "first";
  const what = onlyPart ? `and not all of this ${place}'s` : `and of them only whole ${place}s`;
  return `Only the ${which} rows are plotted, ${what}; a filter makes them fewer.`;
}
