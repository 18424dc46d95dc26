// A file is dropped on the page, looked at by the dry run, sent, and the plot changes.
// Arguments by the environment: SLUICE_WEB_FILES, a folder with first.csv … as browser_test.cc makes them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { add } from "../../web/exact.js";
import { parse } from "../../web/csv.js";
import { isSettled } from "../../web/receipt.js";
import { api, eventually, expectAccessible, launched, plotted, visit } from "./browser.js";

const folder = process.env.SLUICE_WEB_FILES;
const base = process.env.SLUICE_WEB_URL;
let browser;
before(async () => { browser = await launched(); });
after(() => browser.close());

// Byte by byte: not all of it is UTF-8.
async function drop(page, name, upload) {
  const transfer = await page.evaluateHandle(([bytes, fileName]) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], fileName, { type: "text/csv" }));
    return data;
  }, [[...readFileSync(`${folder}/${name}`)], upload]);
  await page.dispatchEvent("#drop-zone", "dragenter", { dataTransfer: transfer });
  assert.ok(await page.locator("#drop-zone.over").count(), "the zone shows that it takes files");
  await page.dispatchEvent("#drop-zone", "drop", { dataTransfer: transfer });
}

const upload = (page, name) => page.locator(".upload").filter({ hasText: name });

// Amounts of the report by currency, added from the api's own texts.
async function amounts() {
  const [names, ...rows] = parse(await (await api("v1/reports/monthly_restaurants_report?format=csv")).text());
  const out = {};
  for (const row of rows) {
    const currency = row[names.indexOf("currency")];
    out[currency] = add(out[currency] ?? "0", row[names.indexOf("amount")]);
  }
  return out;
}

async function tiles(page) {
  const texts = await page.locator(".tile").allTextContents();
  return texts.map((text) => text.replaceAll(",", ""));
}

// The page asks for the list of reports, and asks for rows after it; what it shows then is told by what comes before the
// next time it asks.
async function looks(page, times) {
  for (let i = 0; i < times; i += 1) {
    const request = await page.waitForRequest((one) => new URL(one.url()).pathname === "/v1/reports");
    assert.equal((await request.response())?.status(), 200);
  }
}

const sumOf = (series) => Object.values(series ?? {}).flat().reduce((sum, value) => sum + (value ?? 0), 0);

test("a dropped file is checked, sent and plotted while one looks on", async () => {
  await visit(browser, {}, async (page) => {
    await page.goto(base);
    await page.getByText("Nothing to plot yet").waitFor();
    assert.equal(await plotted(page), null);

    await drop(page, "first.csv", "bookings-1.csv");
    await upload(page, "bookings-1.csv").locator(".badge.checked").waitFor();
    const told = await upload(page, "bookings-1.csv").locator(".receipt").textContent();
    assert.match(told, /rows1,200/);
    await expectAccessible(page, "a checked upload");
    assert.equal((await (await api("v1/files")).json()).files.length, 0, "a dry run delivers nothing");
    assert.equal(await plotted(page), null);

    await upload(page, "bookings-1.csv").getByRole("button", { name: "Send it" }).click();
    await upload(page, "bookings-1.csv").locator(".badge.done").waitFor();
    await eventually("the first file in the plot", async () => sumOf(await plotted(page)) > 0);
    const first = await amounts();
    await eventually("the tiles say the report's own totals, to the cent", async () => {
      const shown = await tiles(page);
      return Object.entries(first).every(([currency, total]) => shown.some((tile) => tile.endsWith(`${total} ${currency}`)));
    });
    const before = sumOf(await plotted(page));
    assert.ok(Math.abs(before - Object.values(first).reduce((sum, text) => sum + Number(text), 0)) < 0.01);
    assert.match(await page.locator("#voice").textContent(), /bookings-1\.csv, done/);

    // The second by the button; its address and place stay as they are.
    await page.locator("#file-choice").setInputFiles({ name: "bookings-2.csv", mimeType: "text/csv", buffer: readFileSync(`${folder}/second.csv`) });
    await upload(page, "bookings-2.csv").getByRole("button", { name: "Send it" }).click();
    await upload(page, "bookings-2.csv").locator(".badge.done").waitFor();
    await eventually("the second file in the plot", async () => sumOf(await plotted(page)) > before);
    const second = await amounts();
    await eventually("the tiles follow", async () => {
      const shown = await tiles(page);
      return Object.entries(second).every(([currency, total]) => shown.some((tile) => tile.endsWith(`${total} ${currency}`)));
    });
    await expectAccessible(page, "settled uploads over a plot");
  });
});

test("a file of other means changes the plot too, without a hand on the page", async () => {
  await visit(browser, {}, async (page) => {
    await page.goto(`${base}/#/reports/monthly_restaurants_report?~split=country`);
    await eventually("the plot", async () => sumOf(await plotted(page)) > 0);
    const before = sumOf(await plotted(page));
    const answer = await fetch(`${base}/v1/uploads?name=bookings-3.csv`, { method: "POST", body: readFileSync(`${folder}/third.csv`) });
    assert.equal(answer.status, 202);
    await eventually("the third file in the plot", async () => sumOf(await plotted(page)) > before);
  });
});

test("a file that cannot be read is refused with its reason and not sent", async () => {
  await visit(browser, {}, async (page) => {
    await page.goto(base);
    await drop(page, "wrong.csv", "bookings-wrong.csv");
    await upload(page, "bookings-wrong.csv").locator(".badge.refused").waitFor();
    assert.ok((await upload(page, "bookings-wrong.csv").locator(".problem").textContent()).length > 20);
    assert.equal(await upload(page, "bookings-wrong.csv").getByRole("button", { name: "Send it" }).count(), 0);
    await expectAccessible(page, "a refused upload");
    const { files } = await (await api("v1/files")).json();
    assert.ok(!files.some(({ name }) => name === "bookings-wrong.csv"));
  });
});

test("the same bytes again are told to be a duplicate, and the plot stays", async () => {
  await visit(browser, {}, async (page) => {
    await page.goto(`${base}/#/reports/monthly_restaurants_report`);
    await eventually("everything sent before is settled", async () => (await (await api("v1/files")).json()).files
      .every(({ state }) => isSettled(state)));
    const totals = await eventually("the plot of the api's amounts", async () => {
      const said = await amounts();
      const sum = Object.values(said).reduce((all, text) => all + Number(text), 0);
      return sum > 0 && Math.abs(sumOf(await plotted(page)) - sum) < 0.01 && said;
    });
    const before = await plotted(page);
    await drop(page, "first.csv", "bookings-again.csv");
    await upload(page, "bookings-again.csv").getByRole("button", { name: /^Send/ }).first().click();
    await upload(page, "bookings-again.csv").locator(".badge.duplicate").waitFor();
    // Long enough for rows that counted twice to be seen: of the second of these the first had asked for the rows.
    await looks(page, 2);
    assert.deepEqual(await amounts(), totals);
    assert.deepEqual(await plotted(page), before);
  });
});

test("a file that no definition takes comes with a definition that would", async () => {
  await visit(browser, {}, async (page) => {
    await page.goto(base);
    await drop(page, "unknown.csv", "temperatures.csv");
    await upload(page, "temperatures.csv").locator(".badge.refused").waitFor();
    assert.match(await upload(page, "temperatures.csv").locator(".proposal").textContent(), /^dataset: temperatures/m);
  });
});
