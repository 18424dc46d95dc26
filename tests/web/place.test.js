import assert from "node:assert/strict";
import { test } from "node:test";
import { filterName, filterOf, read, write } from "../../web/place.js";

test("an address says page, filters, order and what is plotted", () => {
  const place = read("#/reports/monthly?country=France&month[gte]=2017_01&order=-amount&~split=country");
  assert.deepEqual(place, {
    path: ["reports", "monthly"], filters: [["country", "France"], ["month[gte]", "2017_01"]], order: "-amount",
    own: { split: "country" },
  });
});

test("what is written is read back, whatever a value holds", () => {
  const place = {
    path: ["reports", "a b/c"], order: "-x",
    filters: [["name[prefix]", "A&B=C #1 ~ 100 % +"], ["name", ""], ["name", "two"], ["k[in]", "a,b"]],
    own: { measure: "x&y" },
  };
  assert.deepEqual(read(write(place)), place);
});

test("an address is left readable", () => {
  assert.equal(write({ path: ["files"], filters: [["rows[gte]", "5"]], order: "-rows,name", own: { a: "b" } }),
    "#/files?rows[gte]=5&order=-rows,name&~a=b");
  assert.equal(write({ path: [] }), "#/");
});

test("a broken address is a page that is not there, and no exception", () => {
  assert.deepEqual(read("#/reports/%E0%A4%A").path, ["reports", "%E0%A4%A"]);
  assert.deepEqual(read("").path, []);
});

test("an address cannot turn pages or formats", () => {
  assert.deepEqual(read("#/files?cursor=x&limit=5&format=json").filters, []);
});

test("a filter's name is a column with a comparison", () => {
  assert.deepEqual(filterOf("month[gte]"), { column: "month", comparison: "gte" });
  assert.deepEqual(filterOf("month"), { column: "month", comparison: "eq" });
  for (const name of ["month", "month[in]"]) assert.equal(filterName(filterOf(name)), name);
});
