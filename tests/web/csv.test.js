import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "../../web/csv.js";

test("nothing is null and a quoted nothing is an empty text", () => {
  assert.deepEqual(parse('a,b,c\n1,,""\n'), [["a", "b", "c"], ["1", null, ""]]);
  assert.deepEqual(parse("a,b\n,\n"), [["a", "b"], [null, null]]);
});

test("quotes hold commas, lines and quotes", () => {
  assert.deepEqual(parse('a\n"x, y"\n"two\nlines"\n"say ""hi"""\n'), [["a"], ["x, y"], ["two\nlines"], ['say "hi"']]);
});

test("a table without rows has its header, and one of one column has its nulls", () => {
  assert.deepEqual(parse("a,b\n"), [["a", "b"]]);
  assert.deepEqual(parse("a\n\n1\n"), [["a"], [null], ["1"]]);
  assert.deepEqual(parse(""), []);
});

test("what any table is written as is read back", () => {
  const write = (rows) => rows.map((row) => row.map((cell) => (cell === null ? "" : /[",\n\r]|^$/.test(cell)
    ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",") + "\n").join("");
  const signs = ["a", "é", ",", '"', "\n", "\r", " ", "7"];
  let seed = 20261130;
  const below = (limit) => { seed = (seed * 48271) % 2147483647; return seed % limit; };
  for (let round = 0; round < 500; round += 1) {
    const columns = 1 + below(4);
    const rows = Array.from({ length: 1 + below(5) }, () => Array.from({ length: columns },
      () => (below(5) === 0 ? null : Array.from({ length: below(4) }, () => signs[below(signs.length)]).join(""))));
    assert.deepEqual(parse(write(rows)), rows);
  }
});

test("an answer that broke off is told", () => {
  assert.throws(() => parse('a\n"half'), /broke off/);
});
