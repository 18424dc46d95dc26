import assert from "node:assert/strict";
import { test } from "node:test";
import { notesOf } from "../../web/notes.js";
import { plotOf } from "../../web/series.js";

const sum = (name) => ({ name, type: "integer", key: false, kind: "measure", sums: true });
const window = (unit, pattern) => ({ name: "at", type: "string", key: true, kind: "window", window: { unit, pattern } });
const days = plotOf({ name: "days", columns: [window("day", ""), sum("n")] });
const months = plotOf({ name: "months", columns: [window("month", "%m"), sum("n")] });
const sizes = plotOf({ name: "sizes", columns: [{ name: "size", type: "integer", key: true, kind: "group" }, sum("n")] });
const model = { labels: [1, 2], of: 1 };
const notes = (plot, shows) => notesOf(plot, plot.measures[0], model, shows, false);

test("all rows need no note", () => {
  assert.deepEqual(notes(days, { whole: true, onlyPart: false }), []);
});

test("of a long time the newest rows are plotted, of an order the first, and of both what is whole", () => {
  const some = { whole: false, onlyPart: false };
  assert.deepEqual(notes(days, some), ["Only the newest rows are plotted, and of them only whole windows; a filter makes them fewer."]);
  assert.deepEqual(notes(months, some), ["Only the first rows are plotted, and of them only whole windows; a filter makes them fewer."]);
  assert.deepEqual(notes(sizes, some), ["Only the first rows are plotted, and of them only whole groups; a filter makes them fewer."]);
});

test("a part that is all there is to plot is called a part", () => {
  assert.deepEqual(notes(days, { whole: false, onlyPart: true }),
    ["Only the newest rows are plotted, and not all of this window's; a filter makes them fewer."]);
});

test("an empty plot says what to do", () => {
  assert.match(notesOf(days, days.measures[0], { labels: [], of: 0 }, { whole: true }, false)[0], /^Nothing to plot yet/);
});
