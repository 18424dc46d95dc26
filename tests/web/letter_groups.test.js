import assert from "node:assert/strict";
import { test } from "node:test";
import { filterOf, saidAfter, saidBefore } from "../../web/letter_groups.js";

test("a group is asked for by its rule and column, and by the file that the list shows", () => {
  assert.deepEqual(filterOf({ dataset: "bookings", rule: "columns", column: null, open: 3 }, null), { dataset: "bookings", rule: "columns", column: "" });
  assert.deepEqual(filterOf({ dataset: "bookings", rule: "type.date", column: "date" }, "17-ab"),
    { dataset: "bookings", rule: "type.date", column: "date", file: "17-ab" });
});

test("before a retry it is said how many rows it means, and which cannot be read once more", () => {
  assert.deepEqual(saidBefore({ letters: 1200, not_retriable: [{ letters: 1, why: "It is too long." }] }),
    ["1,200 rows would be read once more, by the definition as it is now.", "1 row cannot be. It is too long."]);
});

test("behind it what became of them", () => {
  assert.equal(saidAfter({ state: "done", rows: 10, dead_letters: 0 }), "10 rows of 10 are records now.");
  assert.equal(saidAfter({ state: "done", rows: 10, dead_letters: 9 }), "1 row of 10 are records now; 9 rows failed again.");
  assert.match(saidAfter({ state: "duplicate" }), /Mend it first/);
  assert.equal(saidAfter({ state: "failed", error: "It changed." }), "It changed.");
  assert.equal(saidAfter({ state: "reading", rows: 0, dead_letters: 0 }), "They are being read.");
});
