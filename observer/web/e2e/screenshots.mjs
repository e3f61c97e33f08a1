// Pictures of every view, to be looked at: node e2e/screenshots.mjs [FOLDER]

import { mkdir } from "node:fs/promises";
import { BASE, launch, open } from "./browser.mjs";

const folder = process.argv[2] ?? "screenshots";
const only = process.argv[3] ?? "";
await mkdir(folder, { recursive: true });
const browser = await launch();
const sizes = [
  ["wide", 1440, 900],
  ["narrow", 360, 740],
  ["huge", 2560, 1300],
  ["middle", 900, 800],
];
for (const [size, width, height] of sizes) {
  for (const colorScheme of ["light", "dark"]) {
    if (size !== "wide" && size !== "narrow" && colorScheme === "dark") continue;
    const { page, context, errors } = await open(browser, "/#/tree", { width, height, colorScheme });
    const take = async name => {
      if (only && !`${name}-${size}-${colorScheme}`.includes(only)) return;
      await page.screenshot({ path: `${folder}/${name}-${size}-${colorScheme}.png` });
    };
    await page.waitForSelector('[data-testid="connection"][data-state="live"]');
    await page.waitForSelector('[data-testid="tree-node"]');
    await page.waitForTimeout(1500);
    await take("tree");
    const cache = page.locator('[data-testid="tree-node"][data-name="CashMan.Cache"]');
    await cache.click();
    await take("tree-node");
    await page.evaluate(() => (location.hash = "#/system"));
    await page.waitForTimeout(2500);
    await take("system");
    await page.evaluate(() => (location.hash = "#/processes"));
    await page.waitForTimeout(1500);
    await take("processes");
    const pid = await cacheOf(page);
    await page.evaluate(to => (location.hash = to), `#/process/${pid}`);
    await page.waitForTimeout(4500);
    await take("process");
    await page.evaluate(() => (location.hash = "#/events"));
    await page.waitForTimeout(800);
    await take("events");
    await page.evaluate(() => (location.hash = "#/registry"));
    await page.waitForTimeout(800);
    await take("registry");
    await page.keyboard.press("?");
    await take("help");
    await page.keyboard.press("Escape");
    if (process.env.STATES) {
      await page.evaluate(to => (location.hash = to), `#/process/${pid}`);
      await page.click('[data-testid="kill-button"]');
      await page.waitForSelector("dialog[open]");
      await take("question");
      await page.click('[data-testid="confirm-button"]');
      await page.waitForSelector('[data-testid="replaced-by"]');
      await take("ended");
      await page.evaluate(() => (location.hash = "#/events"));
      await page.locator('[data-testid="event-row"][data-kind="crash"] summary').first().click();
      await page.click('[data-testid="pause-button"]');
      await fetch(`${BASE}/mock/miss?count=12`);
      await page.waitForTimeout(300);
      await take("backtrace");
      await page.evaluate(() => (location.hash = "#/tree"));
      await page.fill('[data-testid="filter-tree"]', "peer 10.0.0.7");
      await page.waitForTimeout(800);
      await take("search");
      await page.fill('[data-testid="filter-tree"]', "");
      await page.click('[data-testid="as-diagram"]');
      await page.waitForTimeout(400);
      await page.hover('[data-testid="tree-node"][data-name="Shop.Metrics"]');
      await take("links");
      await fetch(`${BASE}/mock/drop?ms=3000`);
      await page.waitForTimeout(700);
      await take("reconnecting");
      await page.waitForTimeout(3000);
    }
    if (errors.length > 0) console.log(size, colorScheme, errors);
    await context.close();
  }
}
await browser.close();

function cacheOf(page) {
  return page.evaluate(async () => {
    const answer = await fetch("api/v1/processes?filter=CashMan.Cache&limit=1");
    return (await answer.json()).rows[0].pid;
  });
}
