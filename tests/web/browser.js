// A real browser on the page of a running stack, and what every test of it asks: no console error, no request to
// elsewhere, nothing that the content policy had to stop.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.SLUICE_WEB_MODULES}/package.json`);
const { chromium } = require("playwright-core");
const axeSource = require("axe-core").source;

export const base = process.env.SLUICE_WEB_URL;

export async function launched() {
  return chromium.launch({
    executablePath: process.env.SLUICE_CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage"],
  });
}

// visit(browser, settings, async (page) => …): a page of its own, whose errors fail the test.
export async function visit(browser, settings, act) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, reducedMotion: "reduce", ...settings });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const trouble = [];
  const expected = settings.expected ?? (() => false);
  page.on("console", (message) => { if (message.type() === "error" && !expected(message.text())) trouble.push(message.text()); });
  page.on("pageerror", (error) => trouble.push(String(error)));
  page.on("request", (request) => { if (!request.url().startsWith(base)) trouble.push(`a request to ${request.url()}`); });
  await page.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
    });
  });
  try {
    await act(page);
    assert.deepEqual(trouble, []);
  } finally {
    await context.close();
  }
}

// Everything axe looks for, best practices too.
export async function expectAccessible(page, where) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    resultTypes: ["violations"],
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html}\n  ${failureSummary}`).join("\n")}`);
  assert.deepEqual(told, [], `axe, ${where}`);
}

// What the plot shows, by its drawing's own data: { series name: [numbers] }.
export function plotted(page) {
  return page.evaluate(() => {
    const chart = globalThis.Chart.getChart(document.querySelector(".plot canvas"));
    if (!chart) return null;
    return Object.fromEntries(chart.data.datasets.map(({ label, data }) => [label, data.map((point) => point?.y ?? point)]));
  });
}

export async function api(path) {
  const answer = await fetch(`${base}/${path}`);
  assert.equal(answer.status, 200, path);
  return answer;
}

// Waits until `ask` gives something true; it is asked for a minute.
export async function eventually(what, ask) {
  const end = Date.now() + 60_000;
  for (;;) {
    const got = await ask();
    if (got) return got;
    assert.ok(Date.now() < end, `never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
