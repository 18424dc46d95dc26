// Every page in both colours: nothing for axe to find, all of it by keyboard, and the address says what is shown.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { api, eventually, expectAccessible, launched, plotted, visit } from "./browser.js";

const base = process.env.SLUICE_WEB_URL;
const shots = process.env.SLUICE_WEB_SHOTS;  // a folder to look at, if one wants
let browser;
before(async () => {
  browser = await launched();
  if (shots) mkdirSync(shots, { recursive: true });
});
after(() => browser.close());

const shot = async (page, name) => { if (shots) await page.screenshot({ path: `${shots}/${name}.png` }); };
const cells = (page, n) => page.locator(`tbody tr > :nth-child(${n})`).allTextContents();
const report = "#/reports/monthly_restaurants_report";

async function open(page, hash) {
  await page.goto(`${base}/${hash}`);
  await page.locator("tbody tr, .file-card, .empty").first().waitFor();
}

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing on any page, ${colorScheme}, wide and narrow`, async () => {
    const { reports } = await (await api("v1/reports")).json();
    const { files } = await (await api("v1/files")).json();
    const places = [...reports.map(({ name }) => `#/reports/${name}`), "#/files", `#/files/${files[0].id}`, "#/dead-letters"];
    for (const viewport of [{ width: 1440, height: 1000 }, { width: 390, height: 844 }]) {
      await visit(browser, { colorScheme, viewport }, async (page) => {
        for (const place of places) {
          await open(page, place);
          await expectAccessible(page, `${place} ${colorScheme} ${viewport.width}`);
          await shot(page, `${place.replace(/[^a-z_-]+/g, "") || "home"}-${colorScheme}-${viewport.width}`);
        }
      });
    }
  });
}

test("columns are sorted by click and by key, and aria-sort says how", async () => {
  await visit(browser, {}, async (page) => {
    await open(page, report);
    const head = page.locator("th", { has: page.getByRole("button", { name: "Number of bookings" }) });
    await head.getByRole("button").click();
    await page.waitForURL(/order=-number_of_bookings/);
    await eventually("the order by bookings, descending", async () => {
      const counts = (await cells(page, 5)).map(Number);
      return counts.every((count, i) => i === 0 || counts[i - 1] >= count);
    });
    assert.equal(await head.getAttribute("aria-sort"), "descending");
    await page.keyboard.press("Enter");
    await page.waitForURL(/order=number_of_bookings/);
    await eventually("the order by bookings, ascending", async () => {
      const counts = (await cells(page, 5)).map(Number);
      return counts.every((count, i) => i === 0 || counts[i - 1] <= count);
    });
    assert.equal(await head.getAttribute("aria-sort"), "ascending");
    await page.goBack();
    await page.waitForURL(/order=-number_of_bookings/);
  });
});

test("a filter is set by the keyboard alone, narrows table and plot, and goes away again", async () => {
  await visit(browser, {}, async (page) => {
    await open(page, report);
    const before = await eventually("a plot", () => plotted(page));
    await page.getByRole("button", { name: "Filter", exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.keyboard.type("Country");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.type("France");
    await page.keyboard.press("Enter");
    await page.waitForURL(/country=France/);
    await eventually("only France", async () => {
      const countries = await cells(page, 3);
      return countries.length > 0 && countries.every((country) => country === "France");
    });
    assert.ok(Object.keys(before).some((name) => name.startsWith("Italia")));
    await eventually("a plot of France", async () => !Object.keys((await plotted(page)) ?? { Italia: [] }).some((name) => name.startsWith("Italia")));
    await page.getByRole("button", { name: "Remove the filter: Country is France" }).click();
    await eventually("the plot as before", async () => JSON.stringify(await plotted(page)) === JSON.stringify(before));
    assert.ok(!page.url().includes("country"));
  });
});

test("an address that is sent to someone else shows the same", async () => {
  await visit(browser, {}, async (page) => {
    await open(page, `${report}?country[in]=France,Italia&order=-amount&~measure=number_of_guests&~split=nothing`);
    assert.deepEqual(await page.locator(".chip").allTextContents(), ["Country is one of France,Italia×"]);
    assert.deepEqual(Object.keys(await eventually("a plot", () => plotted(page))), ["Number of guests"]);
    const amounts = (await cells(page, 7)).map((text) => Number(text.replaceAll(",", "")));
    assert.ok(amounts.length > 5 && amounts.every((amount, i) => i === 0 || amounts[i - 1] >= amount));
  });
});

test("a long table goes on where it ended, without a row twice", async () => {
  await visit(browser, {}, async (page) => {
    await open(page, report);
    await page.getByRole("button", { name: "More rows" }).click();
    await eventually("the second page", async () => (await page.locator("tbody tr").count()) === 200);
    const keys = await page.locator("tbody tr").evaluateAll((rows) => rows.map((row) => [...row.cells].slice(0, 4).map((cell) => cell.textContent).join("|")));
    assert.equal(new Set(keys).size, 200);
  });
});

test("amounts are the api's own digits", async () => {
  await visit(browser, {}, async (page) => {
    await open(page, `${report}?order=-amount`);
    const csv = (await (await api("v1/reports/monthly_restaurants_report?order=-amount&limit=1&format=csv")).text()).trim().split("\n");
    const amount = csv[1].split(",").at(-2);
    assert.match(amount, /\.\d\d$/);
    await eventually("the greatest amount first", async () => (await cells(page, 7))[0].replaceAll(",", "") === amount);
  });
});

test("a dead letter has its row whole, with the value that is to blame marked", async () => {
  await visit(browser, {}, async (page) => {
    await open(page, "#/dead-letters");
    const [letter] = (await (await api("v1/dead-letters?limit=1")).json()).dead_letters;
    const row = page.locator("tbody tr").first();
    assert.equal(await row.locator("pre").textContent(), letter.row);
    assert.match(await row.locator(".reason").textContent(), new RegExp(letter.column));
    const marks = await page.locator("tbody mark").allTextContents();
    assert.ok(marks.length > 0 && marks.every((text) => text.length > 0));
    await page.locator("tbody a").first().click();
    await page.locator(".file-card").waitFor();
    assert.match(await page.locator(".receipt-parts").textContent(), /rows[\d,]+records[\d,]+corrections[\d,]+duplicates[\d,]+dead letters[\d,]+/);
  });
});

test("a group of dead letters is asked about, read once more, and told what became of it; another is discarded", async () => {
  await visit(browser, {}, async (page) => {
    await open(page, "#/dead-letters");
    const groups = page.getByRole("region", { name: "By rule and column" });
    const before = await groups.getByRole("listitem").count();
    await groups.getByRole("button", { name: /^Retry / }).first().click();
    await groups.getByText(/rows? would be read once more/).waitFor();
    await expectAccessible(page, "a retry that is asked about");
    await groups.getByRole("button", { name: "Leave it" }).click();
    await groups.getByText(/would be read once more/).waitFor({ state: "detached" });
    await groups.getByRole("button", { name: /^Retry / }).first().click();
    await groups.getByRole("button", { name: /^Retry [\d,]+ rows?$/ }).click();
    // Nothing was mended.
    await groups.getByText(/0 rows of [\d,]+ are records now; [\d,]+ rows? failed again/).waitFor();
    await groups.getByRole("button", { name: /^Discard / }).last().click();
    await groups.getByLabel("Why").fill("a test");
    await groups.getByRole("button", { name: /^Discard [\d,]+ rows?$/ }).click();
    await groups.getByText(/rows? discarded/).waitFor();
    await eventually("one group less", async () => (await groups.getByRole("listitem").count()) === before - 1);
  });
});

test("a plot is read point by point with the arrow keys", async () => {
  await visit(browser, {}, async (page) => {
    await open(page, report);
    await eventually("a plot", () => plotted(page));
    const slider = page.locator(".reader");
    await slider.focus();
    await page.keyboard.press("ArrowRight");
    const first = await slider.getAttribute("aria-valuetext");
    assert.match(first, /^[A-Z][a-z]{2} \d{4}: .*\d/);
    await page.keyboard.press("ArrowRight");
    assert.notEqual(await slider.getAttribute("aria-valuetext"), first);
  });
});

test("the first key press leads past the navigation", async () => {
  await visit(browser, {}, async (page) => {
    await open(page, report);
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the report");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
  });
});

test("the colours that are chosen stay chosen", async () => {
  await visit(browser, { colorScheme: "light" }, async (page) => {
    await open(page, report);
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await page.getByRole("button", { name: "Dark" }).click();
    assert.notEqual(await ground(), light);
    const dark = await ground();
    await page.reload();
    assert.equal(await ground(), dark);
    await expectAccessible(page, "dark by choice");
  });
});

test("what is not there is told, and mistakes in an address too", async () => {
  await visit(browser, { expected: (text) => text.includes("400") || text.includes("404") }, async (page) => {
    await page.goto(`${base}/#/reports/none`);
    await page.getByRole("heading", { name: "No such report" }).waitFor();
    await page.goto(`${base}/${report}?colour=red`);
    await page.getByText("There is no column 'colour'").first().waitFor();
    await page.goto(`${base}/#/files/none`);
    await page.getByText("There is no file with this id").waitFor();
    await expectAccessible(page, "a file that is not there");
  });
});

test("a server that is away is told, and that it is back is seen", async () => {
  await visit(browser, { expected: (text) => text.includes("ERR_") }, async (page) => {
    await open(page, report);
    await eventually("a plot", () => plotted(page));
    for (const paths of ["**/v1/reports", "**/v1/reports/**"]) await page.route(paths, (route) => route.abort());
    await page.locator("#banner", { hasText: "The server does not answer" }).waitFor();
    await page.locator(".plot-choices select").first().selectOption("number_of_guests");
    await page.locator(".plot-card .problem").waitFor();
    for (const paths of ["**/v1/reports", "**/v1/reports/**"]) await page.unroute(paths);
    await eventually("the banner gone", () => page.locator("#banner").isHidden());
    await page.locator(".plot-card .problem").waitFor({ state: "detached" });
  });
});

test("rows that did not come are asked for until they come, although nothing changes", async () => {
  await visit(browser, { expected: (text) => text.includes("ERR_") }, async (page) => {
    await page.route("**/v1/reports/**", (route) => route.abort());
    await page.goto(`${base}/${report}`);
    for (const card of [".plot-card", ".table-card"]) {
      await page.locator(`${card} .problem`, { hasText: "The server does not answer" }).waitFor();
    }
    await page.unroute("**/v1/reports/**");
    await page.locator("tbody tr").first().waitFor();
    await eventually("a plot", () => plotted(page));
    assert.equal(await page.locator("main .problem").count(), 0);
  });
});
