import assert from "node:assert/strict";
import { test } from "node:test";
import { Pace, Part } from "../../web/again.js";
import { isFinal, problemOf, away } from "../../web/api.js";

// An ask that is answered when the test wants.
function held() {
  const answers = [];
  return { answers, ask: () => new Promise((resolve) => answers.push(resolve)) };
}

test("rows that did not come leave their part behind, until they come", async () => {
  let came = false;
  const part = new Part(async () => came);
  assert.ok(part.isBehind(7));
  await part.bring(7);
  assert.ok(part.isBehind(7), "a failed question is no answer");
  came = true;
  await part.bring(7);
  assert.ok(!part.isBehind(7));
  assert.ok(part.isBehind(8));
  came = false;
  await part.bring(7);
  assert.ok(part.isBehind(7), "what is shown is of another choice, whatever its revision");
});

test("what is on its way is not asked for again, but for a newer revision", async () => {
  const { answers, ask } = held();
  const part = new Part(ask);
  const first = part.bring(1);
  assert.ok(!part.isBehind(1));
  assert.ok(part.isBehind(2));
  const second = part.bring(2);
  answers[0](true);
  await first;
  assert.ok(!part.isBehind(2), "the second is still on its way");
  answers[1](false);
  await second;
  assert.ok(part.isBehind(2) && part.isBehind(1), "the first's answer was to a question that is no longer asked");
});

test("a part whose asking throws is behind", async () => {
  const part = new Part(async () => { throw new Error("no"); });
  await assert.rejects(part.bring(1));
  assert.ok(part.isBehind(1));
});

test("a refused question is not repeated, one that was not heard is", () => {
  assert.deepEqual([400, 404, 422].map((status) => isFinal(problemOf(status, ""))), [true, true, true]);
  assert.deepEqual([429, 500, 503].map((status) => isFinal(problemOf(status, ""))), [false, false, false]);
  assert.equal(isFinal(away()), false);
  assert.equal(isFinal(new TypeError("a mistake of the page's own")), false);
});

test("a pace lets through once in its time", () => {
  const pace = new Pace(10_000);
  assert.ok(pace.isDue(0));
  pace.mark(500);
  assert.ok(!pace.isDue(2000) && !pace.isDue(10_499));
  assert.ok(pace.isDue(10_500));
});
