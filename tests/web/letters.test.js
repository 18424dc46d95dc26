import assert from "node:assert/strict";
import { test } from "node:test";
import { culprit, letterColumns } from "../../web/letters.js";

const marked = (letter) => {
  const found = culprit(letter);
  return found && letter.row.slice(...found);
};

test("the value that a reason quotes is marked", () => {
  assert.equal(marked({ row: 'b-1,"The Crown, Anchor",£11.30,03-21-2015,UK', column: "date",
    reason: 'date "03-21-2015" is not a date like %d/%m/%Y' }), "03-21-2015");
});

test("a value that stands in a row twice is not guessed at", () => {
  assert.equal(marked({ row: "7,7,x", column: "guests", reason: 'guests "7" is too small' }), null);
});

test("of JSON and XML the column's name finds it", () => {
  assert.equal(marked({ row: '{"user": {"country": "", "id": 3}}', column: "user.country", reason: "user.country is empty" }), '"country": ""');
  assert.equal(marked({ row: "<doc>\n<title />\n<url>x</url></doc>", column: "title", reason: "title is empty" }), "<title />");
  assert.equal(marked({ row: "<doc><url></url></doc>", column: "url", reason: "url is empty" }), "<url></url>");
});

test("there is no order by the row itself, which no cursor could hold", () => {
  assert.deepEqual(letterColumns.filter(({ sortable }) => sortable === false).map(({ name }) => name), ["row"]);
});

test("a row without a place to blame is shown as it is", () => {
  assert.equal(marked({ row: "a,b,c", column: null, reason: "there are 3 cells and 4 columns" }), null);
  assert.equal(marked({ row: null, column: "a", reason: "a is empty" }), null);
});
