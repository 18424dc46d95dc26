import assert from "node:assert/strict";
import { test } from "node:test";
import { filled, nameOf, next, ticks, tickName, windows } from "../../web/windows.js";

const utc = (...parts) => Date.UTC(...parts);

test("labels of every unit have their place in time", () => {
  assert.equal(windows("month", "%Y_%m").start("2017_02"), utc(2017, 1, 1));
  assert.equal(windows("month", "").start("2017-02"), utc(2017, 1, 1));
  assert.equal(windows("quarter", "").start("2017-Q3"), utc(2017, 6, 1));
  assert.equal(windows("year", "").start("2017"), utc(2017, 0, 1));
  assert.equal(windows("week", "").start("2017-01-29"), utc(2017, 0, 29));
  assert.equal(windows("hour", "").start("2017-01-29T05"), utc(2017, 0, 29, 5));
  assert.equal(windows("day", "%d.%m.%Y").start("31.12.1999"), utc(1999, 11, 31));
  assert.equal(windows("year", "").start("0099"), new Date("0099-01-01T00:00:00Z").getTime());
});

test("a text that is no label of the window has none", () => {
  const months = windows("month", "%Y_%m");
  for (const text of ["2017-02", "2017_2", "x2017_02", "", null]) assert.equal(months.start(text), null);
});

test("a label without a year is an order and no time", () => {
  const months = windows("month", "%m");
  assert.equal(months.timed, false);
  assert.equal(months.name("03"), "Mar");
  assert.equal(windows("hour", "%H").name("07"), "07");
});

test("windows without rows stand between those with rows, by the calendar", () => {
  assert.deepEqual(filled("month", [utc(2017, 2, 1), utc(2016, 11, 1)]),
    [utc(2016, 11, 1), utc(2017, 0, 1), utc(2017, 1, 1), utc(2017, 2, 1)]);
  assert.deepEqual(filled("quarter", [utc(2016, 9, 1), utc(2017, 3, 1)]), [utc(2016, 9, 1), utc(2017, 0, 1), utc(2017, 3, 1)]);
  assert.deepEqual(filled("month", []), []);
  assert.equal(filled("hour", [0, 3_600_000 * 1e6], 100).length, 2, "not a million of them");
  assert.equal(next("month", utc(2016, 11, 1)), utc(2017, 0, 1));
});

test("weeks that do not follow each other are left as they are", () => {
  assert.deepEqual(filled("week", [0, 86_400_000]), [0, 86_400_000]);
});

test("an axis has no ticks between its windows", () => {
  const named = (unit, labels, most) => ticks(unit, labels, most).map(tickName);
  assert.deepEqual(named("month", [utc(2022, 6, 1), utc(2022, 7, 1)], 20), ["Jul 2022", "Aug"]);
  assert.deepEqual(named("quarter", [utc(2022, 6, 1), utc(2022, 9, 1)], 20), ["Jul 2022", "Oct"]);
  const sundays = Array.from({ length: 6 }, (_, i) => utc(2022, 5, 26 + 7 * i));
  assert.deepEqual(named("week", sundays, 3), ["26 Jun 2022", "10 Jul", "24 Jul"]);
});

test("windows are named as people do", () => {
  assert.equal(nameOf("month", utc(2017, 1, 1)), "Feb 2017");
  assert.equal(nameOf("quarter", utc(2017, 6, 1)), "Q3 2017");
  assert.equal(nameOf("hour", utc(2017, 0, 29, 5)), "29 Jan 2017, 05:00");
  assert.equal(windows("month", "%Y_%m").name("2017_02"), "Feb 2017");
});

test("an axis has no more ticks than there is room for, at the starts of something", () => {
  for (const unit of ["hour", "day", "week", "month", "quarter", "year"]) {
    for (const days of [1, 10, 100, 1000, 10000, 100000]) {
      for (const most of [2, 5, 12]) {
        const found = ticks(unit, [utc(2012, 4, 5, 6), utc(2012, 4, 5, 6) + days * 86_400_000], most);
        assert.ok(found.length <= most + 1, `${days} days by ${unit}: ${found.length} ticks`);
      }
    }
  }
  const named = (unit, labels, most) => ticks(unit, labels, most).map(tickName);
  assert.deepEqual(named("month", [utc(2012, 0, 1), utc(2017, 0, 1)], 8).slice(1), ["2013", "2014", "2015", "2016", "2017"]);
  assert.deepEqual(named("month", [utc(2016, 10, 1), utc(2017, 2, 1)], 8), ["Nov 2016", "Dec", "2017", "Feb", "Mar"]);
  assert.deepEqual(named("year", [utc(2012, 0, 1), utc(2014, 0, 1)], 8), ["2012", "2013", "2014"]);
});
