// A receipt as a bar of its four parts: rows = records + corrections + duplicates + dead letters.

import { h } from "./dom.js";
import { shown } from "./exact.js";

export const parts = [
  ["records", "records"], ["corrections", "corrections"], ["duplicates", "duplicates"], ["dead_letters", "dead letters"],
];

export function receiptWords(file) {
  const told = parts.filter(([name]) => Number(file[name] ?? 0) > 0);
  const list = told.map(([name, title]) => `${shown(String(file[name]))} ${title}`);
  return list.length ? list.join(", ") : "no rows";
}

export function receiptBar(file) {
  const bar = h("span", { class: "receipt-bar", role: "img", "aria-label": receiptWords(file), title: receiptWords(file) });
  for (const [name] of parts) {
    const count = Number(file[name] ?? 0);
    if (count === 0) continue;
    const piece = h("span", { class: `part ${name}` });
    piece.style.flexGrow = String(count);
    bar.append(piece);
  }
  return bar;
}

// The bar with its legend and the sum.
export function receipt(file) {
  const rows = file.rows ?? "0";
  return h("div", { class: "receipt" }, receiptBar(file),
    h("dl", { class: "receipt-parts" },
      h("div", { class: "sum" }, h("dt", {}, "rows"), h("dd", {}, shown(String(rows)))),
      parts.map(([name, title]) => h("div", {},
        h("dt", {}, h("span", { class: `swatch ${name}`, "aria-hidden": "true" }), title),
        h("dd", {}, shown(String(file[name] ?? 0)))))));
}

export function badge(state) {
  return h("span", { class: `badge ${state}` }, state ?? "");
}

export const isSettled = (state) => state === "done" || state === "duplicate" || state === "failed";
