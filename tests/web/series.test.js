import assert from "node:assert/strict";
import { test } from "node:test";
import { measureOf, plotOf, plotted, questionOf, seriesOf, splitsOf, titled, totalsOf } from "../../web/series.js";

const group = (name, type = "string") => ({ name, type, key: true, kind: "group" });
const window = (name, unit, pattern) => ({ name, type: "string", key: true, kind: "window", window: { unit, pattern } });
const sum = (name, currency) => ({ name, type: "decimal", key: false, kind: "measure", sums: true, currency });
const ratio = (name) => ({ name, type: "decimal", key: false, kind: "measure", sums: false });

const monthly = {
  name: "monthly",
  columns: [group("restaurant"), group("country"), window("month", "month", "%Y_%m"), sum("bookings"),
    sum("amount", "currency"), group("currency"), ratio("each")],
};
const row = (restaurant, country, month, bookings, amount, currency, each = "1.000000") =>
  ({ restaurant, country, month, bookings, amount, currency, each });
const rows = [
  row("A", "France", "2017_01", "2", "10.10", "EUR"), row("B", "France", "2017_01", "1", "0.20", "EUR"),
  row("A", "France", "2017_03", "4", "5.00", "EUR"), row("C", "UK", "2017_01", "3", "7.00", "GBP"),
  row("C", "UK", "2017_03", "3", null, "GBP"),
];

test("a report with a window is plotted over time, by its amount", () => {
  const plot = plotOf(monthly);
  assert.equal(plot.kind, "time");
  assert.equal(measureOf(plot).name, "amount");
  assert.equal(measureOf(plot, "bookings").name, "bookings");
  assert.deepEqual(questionOf(plot, measureOf(plot)), { order: "-month", limit: 10000 });
  assert.deepEqual(splitsOf(plot, rows).map(({ name }) => name), ["country", "restaurant"]);
});

test("amounts are added exactly within a group and never across currencies", () => {
  const plot = plotOf(monthly);
  const amount = measureOf(plot, "amount");
  const split = seriesOf(plot, amount, plot.groups.find(({ name }) => name === "country"), rows);
  assert.deepEqual(split.series, [
    { name: "France (EUR)", values: ["10.30", "0", "5.00"] },
    { name: "UK (GBP)", values: ["7.00", "0", "0"] },
  ]);
  assert.deepEqual(split.labels, [Date.UTC(2017, 0), Date.UTC(2017, 1), Date.UTC(2017, 2)]);
  assert.deepEqual(seriesOf(plot, amount, null, rows).series.map(({ name }) => name), ["EUR", "GBP"]);
});

test("what cannot be added has a line for each group, and a gap where there is nothing", () => {
  const plot = plotOf(monthly);
  const { series } = seriesOf(plot, measureOf(plot, "each"), null, rows);
  assert.deepEqual(series.map(({ name }) => name), ["A · France", "B · France", "C · UK"]);
  assert.deepEqual(series[0].values, ["1.000000", null, "1.000000"]);
});

test("totals are exact, each currency for itself, and none of ratios", () => {
  assert.deepEqual(totalsOf(plotOf(monthly), rows).map(({ measure, currency, total }) => [measure.name, currency, total]),
    [["bookings", "", "13"], ["amount", "EUR", "15.30"], ["amount", "GBP", "7.00"]]);
});

test("of many groups the largest are shown, and it is said how many there are", () => {
  const many = Array.from({ length: 30 }, (_, i) => row(`R${i}`, "France", "2017_01", String(i), "1", "EUR", String(i)));
  const plot = plotOf(monthly);
  const { series, of } = seriesOf(plot, measureOf(plot, "each"), null, many);
  assert.equal(of, 30);
  assert.equal(series.length, 8);
  assert.ok(series.some(({ name }) => name.startsWith("R29")) && !series.some(({ name }) => name === "R0"));
});

test("a report without a window is the ranking of its greatest, asked of the api", () => {
  const plot = plotOf({ name: "items", columns: [group("item"), sum("baskets"), ratio("support")] });
  assert.equal(plot.kind, "ranking");
  assert.deepEqual(questionOf(plot, measureOf(plot, "support")),
    { order: "-support", limit: 20, filters: [["support[null]", "false"]] });
  const { names, series } = seriesOf(plot, measureOf(plot, "support"), null,
    [{ item: "milk", baskets: "9", support: "0.500000" }, { item: "tea", baskets: "1", support: null }]);
  assert.deepEqual(names, ["milk"]);
  assert.deepEqual(series, [{ name: "Support", values: ["0.500000"] }]);
});

test("a top is shown in its own order, by its first text", () => {
  const plot = plotOf({ name: "films", columns: [{ name: "rank", type: "integer", key: true, kind: "rank" },
    group("title"), group("year", "integer"), ratio("ratio"), { name: "url", type: "string", kind: "measure" }] });
  assert.deepEqual(questionOf(plot, measureOf(plot)), { order: "rank", limit: 20 });
  assert.deepEqual(plot.measures.map(({ name }) => name), ["ratio"]);
  assert.deepEqual(seriesOf(plot, measureOf(plot), null, [{ rank: "1", title: "Heat", year: "1995", ratio: "2.0" }]).names, ["Heat"]);
});

test("months of all years, and groups that are numbers, stand in their order", () => {
  const months = plotOf({ name: "m", columns: [window("month", "month", "%m"), sum("n")] });
  assert.equal(months.kind, "ordered");
  const shown = seriesOf(months, measureOf(months), null, [{ month: "01", n: "3" }, { month: "12", n: "4" }]);
  assert.deepEqual(shown.names, ["Jan", "Dec"]);
  assert.deepEqual(shown.series[0].values, ["3", "4"]);
  const sizes = plotOf({ name: "s", columns: [group("items", "integer"), sum("baskets")] });
  assert.equal(sizes.kind, "ordered");
  assert.equal(questionOf(sizes, measureOf(sizes)).order, "items");
});

test("an ordered plot of several series has its places in the order of the rows", () => {
  const months = plotOf({ name: "m", columns: [group("country"), window("month", "month", "%m"), sum("n")] });
  const byMonth = [["01", "UK"], ["02", "France"], ["03", "UK"], ["12", "France"]];
  const { names, series } = seriesOf(months, measureOf(months), months.groups[0],
    byMonth.map(([month, country]) => ({ month, country, n: "1" })));
  assert.deepEqual(names, ["Jan", "Feb", "Mar", "Dec"]);
  assert.deepEqual(series, [
    { name: "France", values: ["0", "1", "0", "1"] }, { name: "UK", values: ["1", "0", "1", "0"] },
  ]);
});

test("a window of which rows may be missing is not plotted as if it were whole", () => {
  const plot = plotOf(monthly);
  const came = [row("A", "France", "2017_03", "4", "5.00", "EUR"), row("C", "UK", "2017_03", "3", "2.00", "GBP"),
    row("A", "France", "2017_01", "2", "10.10", "EUR")];
  assert.deepEqual(plotted(plot, { rows: came, whole: false }), { rows: came.slice(0, 2), whole: false, onlyPart: false });
  assert.deepEqual(plotted(plot, { rows: came, whole: true }), { rows: came, whole: true, onlyPart: false });
  const one = came.slice(0, 2);
  assert.deepEqual(plotted(plot, { rows: one, whole: false }), { rows: one, whole: false, onlyPart: true },
    "a part is more than nothing, where it is called one");
});

test("nor is the last place of an order", () => {
  const sizes = plotOf({ name: "s", columns: [group("items", "integer"), sum("cost", "currency"), group("currency")] });
  const came = [["1", "EUR"], ["1", "GBP"], ["2", "EUR"]].map(([items, currency]) => ({ items, currency, cost: "1" }));
  assert.deepEqual(plotted(sizes, { rows: came, whole: false }).rows, came.slice(0, 2));
  const ranking = plotOf({ name: "items", columns: [group("item"), sum("baskets")] });
  const greatest = [{ item: "milk", baskets: "9" }, { item: "tea", baskets: "1" }];
  assert.deepEqual(plotted(ranking, { rows: greatest, whole: false }), { rows: greatest, whole: false, onlyPart: false });
});

test("a report without numbers has no plot, and one without rows an empty one", () => {
  assert.equal(plotOf({ name: "x", columns: [group("a")] }), null);
  const plot = plotOf(monthly);
  assert.deepEqual(seriesOf(plot, measureOf(plot), null, []), { unit: "month", labels: [], names: null, series: [], of: 0 });
  assert.deepEqual(totalsOf(plot, []), []);
});

test("names become titles", () => {
  assert.equal(titled("number_of_bookings"), "Number of bookings");
});
