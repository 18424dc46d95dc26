import assert from "node:assert/strict";
import { test } from "node:test";
import { add, bytes, compare, rough, shown } from "../../web/exact.js";

test("sums keep every cent, where doubles lose them", () => {
  assert.equal(add("0.1", "0.2"), "0.3");
  assert.equal(add("90071992547409931234567890.25", "0.50"), "90071992547409931234567890.75");
  assert.equal(add("-0.05", "0.05"), "0.00");
  assert.equal(add("-1.5", "1"), "-0.5");
  assert.equal(add("7", "3.250"), "10.250");
});

test("a sum of many small amounts is that of whole cents", () => {
  let cents = 0n;
  let sum = "0";
  for (let i = 1n; i <= 5000n; i += 1n) {
    const amount = (i * 7919n) % 100003n;
    cents += amount;
    sum = add(sum, `${amount / 100n}.${String(amount % 100n).padStart(2, "0")}`);
  }
  assert.equal(sum, `${cents / 100n}.${String(cents % 100n).padStart(2, "0")}`);
});

test("numbers are compared by value, not by their texts", () => {
  assert.equal(compare("10", "9.99"), 1);
  assert.equal(compare("-10", "-9.99"), -1);
  assert.equal(compare("1.50", "1.5"), 0);
});

test("numbers are shown with all their digits, in groups of three", () => {
  assert.equal(shown("1234567.50"), "1,234,567.50");
  assert.equal(shown("12345678901234567890.123456789"), "12,345,678,901,234,567,890.123456789");
  assert.equal(shown("-999"), "−999");
  assert.equal(shown("1000"), "1,000");
  assert.equal(shown("0.00"), "0.00");
  assert.equal(shown("no number"), "no number");
});

test("what is no number is refused", () => {
  for (const text of ["", "1e5", "NaN", "1,000", ".5", "5."]) assert.throws(() => add(text, "1"), /is not a number/);
});

test("an axis rounds, and says its unit", () => {
  assert.equal(rough(0), "0");
  assert.equal(rough(1500), "1.5k");
  assert.equal(rough(-2_000_000), "−2M");
  assert.equal(rough(0.25), "0.25");
});

test("sizes are told in steps of a thousand", () => {
  assert.equal(bytes("999"), "999 B");
  assert.equal(bytes("123456"), "123 kB");
  assert.equal(bytes("2500000000000"), "2.5 TB");
});
