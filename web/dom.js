// Elements without templates: what comes from data becomes text, never markup.

// h("button", { class: "plain", onclick: f, "aria-label": "…" }, "text", element, …)
export function h(tag, attributes = {}, ...children) {
  return filledIn(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return filledIn(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filledIn(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function replace(element, ...children) {
  element.replaceChildren(...children.flat(2).filter(Boolean));
}

// Options of a select: [value, text]…
export function options(pairs, chosen) {
  return pairs.map(([value, text]) => h("option", { value, selected: value === chosen }, text));
}

// drawn(element, what, draw): draws anew only where `what` is other than last time, so that a page that refreshes itself
// takes nobody's focus or selection away. Where it draws, the focus goes to the same link or button as before.
const lastDrawn = new WeakMap();
export function drawn(element, what, draw) {
  const text = JSON.stringify(what);
  if (lastDrawn.get(element) === text) return;
  lastDrawn.set(element, text);
  const key = (one) => `${one.tagName} ${one.getAttribute("href") ?? one.dataset.key ?? one.textContent}`;
  const focused = element.contains(document.activeElement) ? key(document.activeElement) : null;
  replace(element, draw());
  if (focused) [...element.querySelectorAll("a, button, input, select, [tabindex]")].find((one) => key(one) === focused)?.focus();
}

export function sayProblem(error, retry) {
  return h("div", { class: "problem", role: "alert" },
    h("strong", {}, error.title ?? "Something went wrong"), h("p", {}, error.message),
    retry && h("button", { type: "button", onclick: retry }, "Try again"));
}

// "3 s", "2 min", "5 h", "12 d"
export function age(seconds) {
  if (seconds < 90) return `${Math.max(0, Math.round(seconds))} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86400)} d`;
}

// An instant of the api, 2026-01-31T12:00:00.25Z.
export function instant(text) {
  const found = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z$/.exec(text ?? "");
  return found ? h("time", { datetime: text, title: text }, `${found[1]} ${found[2]} UTC`) : text ?? "";
}
