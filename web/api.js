// The REST API as the page asks it. Rows are read as CSV, so that every number is the text it was sent as.

import { withToken } from "./access.js";
import { parse } from "./csv.js";
import { readable } from "./place.js";

export class Problem extends Error {
  constructor(status, title, detail) {
    super(detail);
    this.status = status;
    this.title = title;
  }
}

export function problemOf(status, text) {
  try {
    const { title, detail } = JSON.parse(text);
    if (detail) return new Problem(status, title, detail);
  } catch {
    // Some other server's words.
  }
  return new Problem(status, `The server answered ${status}`, text.slice(0, 200) || "It said nothing more.");
}

// The same question would be answered so again.
export function isFinal({ status }) {
  return status >= 400 && status < 500 && status !== 429;
}

export function away() {
  return new Problem(0, "No connection", "The server does not answer. This page goes on asking.");
}

async function get(path, accept, signal) {
  let answer;
  try {
    answer = await fetch(path, { headers: withToken({ Accept: accept }), signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw away();
  }
  const text = await answer.text();
  if (!answer.ok) throw problemOf(answer.status, text);
  return { text, headers: answer.headers };
}

export async function json(path, signal) {
  return JSON.parse((await get(path, "application/json", signal)).text);
}

// Sends an object as JSON; the answer's.
export async function post(path, body) {
  let answer;
  try {
    answer = await fetch(path, { method: "POST", headers: withToken({ "Content-Type": "application/json" }), body: JSON.stringify(body) });
  } catch {
    throw away();
  }
  const text = await answer.text();
  if (!answer.ok) throw problemOf(answer.status, text);
  return JSON.parse(text);
}

// One page of a table: { rows: [{ column: text or null }], next, revision }.
export async function page(path, { filters = [], order = "", limit, cursor }, signal) {
  const query = new URLSearchParams(filters);
  if (order) query.append("order", order);
  if (limit) query.append("limit", limit);
  if (cursor) query.append("cursor", cursor);
  const { text, headers } = await get(`${path}?${readable(query)}`, "text/csv", signal);
  const [names, ...lines] = parse(text);
  return {
    rows: lines.map((cells) => Object.fromEntries(names.map((name, i) => [name, cells[i] ?? null]))),
    next: headers.get("Sluice-Next-Cursor"),
    revision: headers.get("Sluice-Revision"),
  };
}

// The first pages, as long as there are more and the bound allows: { rows, whole, revision }. Pages of two revisions
// would be no state that ever was: then all is asked anew, and what came last is taken.
export async function pages(path, question, most, signal, tries = 3) {
  const rows = [];
  let cursor, revision;
  for (let count = 0; count < most; count += 1) {
    const one = await page(path, { ...question, cursor }, signal);
    if (revision !== undefined && one.revision !== revision && tries > 1) {
      return pages(path, question, most, signal, tries - 1);
    }
    revision = one.revision;
    rows.push(...one.rows);
    cursor = one.next;
    if (!cursor) break;
  }
  return { rows, whole: !cursor, revision };
}

// Sends a file. progress(share) while it goes; resolves with { status, body }. cancel() of what is returned ends it.
export function send(file, { dryRun, key, progress }) {
  const request = new XMLHttpRequest();
  const query = new URLSearchParams({ name: file.name });
  if (dryRun) query.append("dry_run", "true");
  const done = new Promise((resolve, reject) => {
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      if (request.status >= 400) reject(problemOf(request.status, request.responseText));
      else resolve(JSON.parse(request.responseText));
    });
    request.addEventListener("error", () => reject(away()));
    request.addEventListener("abort", () => reject(new DOMException("ended", "AbortError")));
  });
  request.open("POST", `v1/uploads?${query}`);
  for (const [name, value] of Object.entries(withToken({ "Content-Type": "application/octet-stream" }))) {
    request.setRequestHeader(name, value);
  }
  if (key) request.setRequestHeader("Idempotency-Key", key);
  request.send(file);
  return { done, cancel: () => request.abort() };
}
