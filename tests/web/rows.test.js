import assert from "node:assert/strict";
import { test } from "node:test";
import { Rows } from "../../web/rows.js";

// An api of the rows 0, 1, 2 … whose answers come when the test wants.
function slowApi() {
  const asked = [];
  const ask = ({ limit, cursor }) => new Promise((resolve, reject) => {
    const from = Number(cursor ?? 0);
    asked.push({
      limit, cursor, reject,
      answer: () => resolve({ rows: Array.from({ length: limit }, (_, i) => from + i), next: String(from + limit) }),
    });
  });
  return { asked, ask };
}

async function started() {
  const { asked, ask } = slowApi();
  const rows = new Rows(ask, 3);
  const first = rows.first();
  asked[0].answer();
  await first;
  return { asked, rows };
}

test("a refresh does not take away the further rows that are on their way", async () => {
  const { asked, rows } = await started();
  const more = rows.more();
  assert.equal(await rows.again(), null);
  assert.equal(asked.length, 2, "nothing is asked while more is loading");
  asked[1].answer();
  assert.deepEqual(await more, { error: null });
  assert.deepEqual(rows.rows, [0, 1, 2, 3, 4, 5]);
  const again = rows.again();
  assert.equal(asked[2].limit, 6, "then it asks for all that had been unfolded");
  asked[2].answer();
  assert.deepEqual(await again, { error: null });
});

test("further rows that failed stop no refresh", async () => {
  const { asked, rows } = await started();
  const more = rows.more();
  asked[1].reject(new Error("away"));
  assert.equal((await more).error.message, "away");
  const again = rows.again();
  asked[2].answer();
  assert.deepEqual(await again, { error: null });
  assert.deepEqual(rows.rows, [0, 1, 2]);
});

test("further rows are asked for although a refresh is on its way, whose answer is dropped", async () => {
  const { asked, rows } = await started();
  const again = rows.again();
  const more = rows.more();
  asked[2].answer();
  assert.deepEqual(await more, { error: null });
  asked[1].answer();
  assert.equal(await again, null);
  assert.deepEqual(rows.rows, [0, 1, 2, 3, 4, 5]);
});

test("another question drops the further rows of the one before, and is refreshed itself", async () => {
  const { asked, rows } = await started();
  const more = rows.more();
  const first = rows.first();
  asked[2].answer();
  await first;
  const again = rows.again();
  assert.equal(asked.length, 4);
  asked[1].answer();
  assert.equal(await more, null);
  asked[3].answer();
  assert.deepEqual(await again, { error: null });
  assert.deepEqual(rows.rows, [0, 1, 2]);
});

test("two clicks for more bring the next rows once", async () => {
  const { asked, rows } = await started();
  const clicks = [rows.more(), rows.more()];
  asked[1].answer();
  assert.equal(await clicks[0], null);
  assert.equal(await rows.again(), null, "the second is still on its way");
  asked[2].answer();
  await clicks[1];
  assert.deepEqual(rows.rows, [0, 1, 2, 3, 4, 5]);
});

test("a refused question leaves no rows, a server that is away leaves them", async () => {
  const { asked, rows } = await started();
  const away = rows.again();
  asked[1].reject(Object.assign(new Error("away"), { status: 0 }));
  await away;
  assert.deepEqual([rows.rows, rows.next], [[0, 1, 2], "3"]);
  const refused = rows.first();
  asked[2].reject(Object.assign(new Error("no such column"), { status: 400 }));
  await refused;
  assert.deepEqual([rows.rows, rows.next], [[], null]);
});
