// The page: navigation by the address, and one question a moment whether anything changed.

import { keepToken, token, wantsToken } from "./access.js";
import { json } from "./api.js";
import { drawn, h, replace, sayProblem } from "./dom.js";
import { FilePage, FilesPage } from "./files.js";
import { LettersPage } from "./letters.js";
import { read, write } from "./place.js";
import { ReportPage } from "./report.js";
import { plotOf, titled } from "./series.js";
import { Uploads } from "./uploads.js";

const usualPause = 1500;
const longestPause = 15000;

const main = document.querySelector("main");
const nav = document.querySelector("#reports");
const banner = document.querySelector("#banner");
const themes = document.querySelector("#theme");

let reports = null;
let shown = null;  // { key, page }
let shapeAtRoute = "";
let pause = usualPause;
let timer = null;

function go(place) {
  const hash = write(place);
  if (hash === location.hash) shown?.page.show(read(hash));
  else location.hash = hash;
}

function reportOf(name) {
  return reports.find((report) => report.name === name);
}

function pageOf(place) {
  const [kind, name] = place.path;
  if (kind === "files" && name) return new FilePage(name);
  if (kind === "files") return new FilesPage(place, go);
  if (kind === "dead-letters") return new LettersPage(place, go);
  if (kind === "reports" && reportOf(name)) return new ReportPage(reportOf(name), place, go);
  return null;
}

async function route({ focus }) {
  let place = read(location.hash);
  if (place.path.length === 0 && reports.length > 0) {
    place = { ...place, path: ["reports", firstReport().name] };
    history.replaceState(null, "", write(place));
  }
  const key = place.path.join("/");
  if (shown?.key === key) return shown.page.show(place);
  shown?.page.close();
  const page = pageOf(place);
  shown = page && { key, page };
  replace(main, page ? page.element : nothing(place));
  markCurrent(place);
  document.title = `${page?.title ?? "Not found"} – Sluice`;
  if (focus) main.querySelector("h1")?.focus();
  await page?.show(place);
  if (page && shown?.page === page) document.title = `${page.title} – Sluice`;
}

// What one sees first: of those with rows the one with most to see, over time, with amounts.
function firstReport() {
  const worth = (report) => (report.updated_at !== null ? 1000 : 0) + (plotOf(report)?.kind === "time" ? 100 : 0) +
    (report.columns.some((column) => column.currency) ? 10 : 0) + report.columns.filter((column) => column.sums).length;
  return reports.reduce((best, report) => (worth(report) > worth(best) ? report : best));
}

function nothing(place) {
  const isReport = place.path[0] === "reports";
  return h("div", {}, h("header", { class: "page-head" }, h("div", {}, h("h1", { tabindex: "-1" }, isReport ? "No such report" : reports.length ? "Nothing here" : "No reports yet"))),
    h("p", {}, reports.length === 0 && !isReport
      ? "Write a definition under schemas/, and its reports stand here within a second."
      : `There is nothing at ${location.hash}. The reports that there are stand in the list.`));
}

function markCurrent(place) {
  const current = write({ path: place.path.slice(0, place.path[0] === "files" ? 1 : 2) });
  for (const link of document.querySelectorAll(".side a[href^='#']")) {
    if (link.getAttribute("href") === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function drawNavigation() {
  const datasets = new Map();
  for (const report of reports) datasets.set(report.dataset, [...(datasets.get(report.dataset) ?? []), report]);
  replace(nav, [...datasets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([dataset, list]) => h("section", {},
    h("h2", {}, titled(dataset)),
    h("ul", {}, list.map((report) => h("li", {},
      h("a", { href: write({ path: ["reports", report.name] }), title: report.name,
        class: report.updated_at === null && "without-rows" }, titled(report.name))))))));
  markCurrent(read(location.hash));
}

const shapeOf = (list) => JSON.stringify(list.map(({ name, dataset, columns, updated_at: at }) => [name, dataset, columns, at === null]));

// What does not come is asked for less and less often.
const slower = (now) => Math.min(longestPause, now * 1.6);

async function look() {
  try {
    const { reports: found } = await json("v1/reports");
    const first = reports === null;
    const reshaped = first || shapeOf(found) !== shapeOf(reports);
    reports = found;
    if (reshaped) drawNavigation();
    banner.hidden = true;
    if (first || isOutdated(shown)) await reopen();
    else await refresh();
    pause = shown?.page.behind?.().length ? slower(pause) : usualPause;
  } catch (error) {
    pause = slower(pause);
    // Anew only when the words change: someone may be writing into it.
    drawn(banner, [error.title, error.message], () => (wantsToken(error) ? askForToken(error) : sayProblem(error)));
    banner.hidden = false;
  }
}

function askForToken(error) {
  const field = h("input", { type: "password", id: "token", autocomplete: "off", spellcheck: "false" });
  const use = (event) => {
    event.preventDefault();
    keepToken(field.value);
    pause = usualPause;
    watch();
  };
  return h("form", { class: "problem", onsubmit: use }, h("strong", {}, error.title), h("p", {}, error.message),
    h("label", { for: "token" }, "Token "), field, " ", h("button", { type: "submit" }, "Use this token"));
}

// A link sends no token: the document is asked for as everything else is, and shown in its place.
function startDocumentLink() {
  document.querySelector('footer a[href="openapi.json"]').addEventListener("click", async (event) => {
    if (token() === "") return;
    event.preventDefault();
    try {
      const text = JSON.stringify(await json("openapi.json"), null, 2);
      location.assign(URL.createObjectURL(new Blob([text], { type: "application/json" })));
    } catch (error) {
      replace(banner, sayProblem(error));
      banner.hidden = false;
    }
  });
}

// Nothing was there, or its report is defined otherwise now, or no longer.
function isOutdated(now) {
  if (!now) return shapeOf(reports) !== shapeAtRoute;
  if (!(now.page instanceof ReportPage)) return false;
  return JSON.stringify(reportOf(now.page.report.name)?.columns) !== JSON.stringify(now.page.report.columns);
}

function reopen() {
  shown?.page.close();
  shown = null;
  shapeAtRoute = shapeOf(reports);
  return route({ focus: false });
}

async function refresh() {
  const { page } = shown ?? {};
  if (!page) return;
  if (!(page instanceof ReportPage)) return page.refresh();
  const report = reportOf(page.report.name);
  if (!report) return;
  page.tell(report);
  await page.refresh();
}

// Nobody looks: nothing is asked.
async function watch() {
  clearTimeout(timer);
  if (!document.hidden) await look();
  clearTimeout(timer);
  timer = setTimeout(watch, pause);
}

function applyTheme(theme) {
  if (theme === "system") document.documentElement.removeAttribute("data-theme");
  else document.documentElement.setAttribute("data-theme", theme);
  for (const button of themes.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === theme));
  }
  shown?.page.show();
}

function remembered() {
  try {
    return localStorage.getItem("theme") ?? "system";
  } catch {
    return "system";
  }
}

function startTheme() {
  themes.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    try {
      localStorage.setItem("theme", button.value);
    } catch {
      // A browser that keeps nothing.
    }
    applyTheme(button.value);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => shown?.page.show());
  applyTheme(remembered());
}

startTheme();
startDocumentLink();
new Uploads({
  zone: document.querySelector("#drop-zone"),
  panel: document.querySelector("#uploads"),
  voice: document.querySelector("#voice"),
  settled: () => watch(),
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  (main.querySelector("h1") ?? main).focus();
});
addEventListener("hashchange", () => { if (reports) route({ focus: true }); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) watch(); });
watch();
