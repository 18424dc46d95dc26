import assert from "node:assert/strict";
import { test } from "node:test";
import { Queue } from "../../web/queue.js";

const ended = () => new Promise(setImmediate);

// Jobs by their names, which end when the test wants.
function jobs() {
  const started = [];
  const running = {};
  const job = (name) => () => {
    started.push(name);
    const done = new Promise((resolve, reject) => { running[name] = { resolve, reject }; });
    return { done, cancel: () => running[name].reject(new DOMException("ended", "AbortError")) };
  };
  return { started, running, job };
}

test("of twenty files two are on their way, and each that ends lets the next one go", async () => {
  const { started, running, job } = jobs();
  const queue = new Queue(2);
  const added = Array.from({ length: 20 }, (_, i) => queue.add(job(i)));
  assert.deepEqual(started, [0, 1]);
  running[1].resolve("read");
  assert.equal(await added[1].done, "read");
  await ended();
  assert.deepEqual(started, [0, 1, 2]);
  running[0].reject(new Error("away"));
  await assert.rejects(added[0].done, /away/);
  await ended();
  assert.deepEqual(started, [0, 1, 2, 3]);
});

test("what is sent goes before what is only checked, and in its own order", async () => {
  const { started, running, job } = jobs();
  const queue = new Queue(1);
  const first = queue.add(job("check a"));
  queue.add(job("check b"));
  queue.add(job("send c"), true);
  queue.add(job("send d"), true);
  queue.add(job("check e"));
  for (const name of ["check a", "send c", "send d", "check b"]) {
    assert.equal(started.at(-1), name);
    running[name].resolve();
    await ended();
  }
  await first.done;
  assert.deepEqual(started, ["check a", "send c", "send d", "check b", "check e"]);
});

test("one that waits can be taken away, and never starts", async () => {
  const { started, running, job } = jobs();
  const queue = new Queue(1);
  const first = queue.add(job("a"));
  const second = queue.add(job("b"));
  const third = queue.add(job("c"));
  second.cancel();
  await assert.rejects(second.done, { name: "AbortError" });
  running.a.resolve();
  await first.done;
  await ended();
  assert.deepEqual(started, ["a", "c"]);
  third.cancel();
  await assert.rejects(third.done, { name: "AbortError" });
  await ended();
  queue.add(job("d"));
  assert.deepEqual(started, ["a", "c", "d"], "one that is ended makes room");
});
