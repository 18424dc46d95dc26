import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { keepToken, token, wantsToken, withToken } from "../../web/access.js";
import { json, page } from "../../web/api.js";

function storage() {
  const held = new Map();
  return { held, getItem: (key) => held.get(key) ?? null, setItem: (key, value) => held.set(key, value) };
}

function answering(status, body, asked) {
  globalThis.fetch = async (path, { headers }) => {
    asked.push([path, headers]);
    return new Response(body, { status });
  };
}

afterEach(() => {
  keepToken("");
  delete globalThis.sessionStorage;
  delete globalThis.fetch;
});

test("without a token no header is sent", () => {
  globalThis.sessionStorage = storage();
  assert.deepEqual(withToken({ Accept: "text/csv" }), { Accept: "text/csv" });
});

test("a token is kept as long as the tab, and sent as a bearer's", () => {
  globalThis.sessionStorage = storage();
  keepToken("  abc-_9\n");
  assert.deepEqual([...globalThis.sessionStorage.held.values()], ["abc-_9"]);
  assert.deepEqual(withToken({ Accept: "a" }), { Accept: "a", Authorization: "Bearer abc-_9" });
});

test("a browser that keeps nothing has it until the page is left", () => {
  globalThis.sessionStorage = { getItem() { throw new Error("no"); }, setItem() { throw new Error("no"); } };
  keepToken("abc");
  assert.equal(token(), "abc");
});

test("what is no header's value is sent in a form that is one", () => {
  keepToken("pässword\u2028");
  assert.doesNotThrow(() => new Headers(withToken({})));
});

test("every question of the page carries the token, and never in its address", async () => {
  const asked = [];
  keepToken("s3cret-token");
  answering(200, "{}", asked);
  await json("v1/reports");
  answering(200, "a,b\n1,2\n", asked);
  await page("v1/files", { limit: 5 });
  assert.deepEqual(asked.map(([, headers]) => headers.Authorization), ["Bearer s3cret-token", "Bearer s3cret-token"]);
  for (const [path] of asked) assert.ok(!path.includes("s3cret-token"), path);
});

test("a refusal for want of a token is known as one, and tells nothing of the token", async () => {
  keepToken("s3cret-token");
  answering(401, JSON.stringify({ title: "Token not valid", detail: "The token is not known here." }), []);
  const problem = await json("v1/reports").catch((error) => error);
  assert.equal(wantsToken(problem), true);
  assert.ok(!problem.message.includes("s3cret-token"));
  assert.equal(wantsToken({ status: 503 }), false);
  assert.equal(wantsToken({ status: 0 }), false);
});
