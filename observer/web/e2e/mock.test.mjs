// What only the mock can bring about: a lost connection, missed events, a token, control off.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { BASE, launch, open } from "./browser.mjs";

let browser;
const children = [];
before(async () => {
  browser = await launch();
});
after(async () => {
  await browser?.close();
  for (const child of children) child.kill();
});

/** Another mock, of its own kind. */
async function mock(...options) {
  const child = spawn(process.execPath, [
    fileURLToPath(new URL("../mock/server.mjs", import.meta.url)),
    "--port=0",
    "--processes=500",
    ...options,
  ]);
  children.push(child);
  for await (const chunk of child.stdout) {
    const found = /http:\S+/.exec(String(chunk));
    if (found) return found[0];
  }
  throw new Error("the mock has ended");
}

const state = (page, wanted) => page.waitForSelector(`[data-testid="connection"][data-state="${wanted}"]`);

test("a lost connection is said, and made again", async () => {
  const { page, context } = await open(browser);
  await state(page, "live");
  await fetch(`${BASE}/mock/drop?ms=1500`);
  await state(page, "reconnecting");
  await state(page, "live");
  const before = await page.evaluate(() => document.querySelectorAll('[data-testid="tree-node"]').length);
  assert.ok(before > 0);
  await context.close();
});

test("missed events are counted", async () => {
  const { page, context } = await open(browser, "/#/events");
  await state(page, "live");
  await fetch(`${BASE}/mock/miss?count=7`);
  await page.waitForFunction(
    () => Number(document.querySelector('[data-testid="connection"]').dataset.missed) >= 7,
  );
  await page.waitForSelector('[data-testid="events-missed"]');
  await page.waitForSelector('[data-testid="event-row"][data-kind="missed"]');
  await context.close();
});

test("a crash shows red, and the new pid in the place of the old", async () => {
  const { page, context, errors } = await open(browser);
  await state(page, "live");
  const node = '[data-testid="tree-node"][data-name="CashMan.Flaky"]';
  await page.waitForSelector(node);
  await fetch(`${BASE}/mock/crash?name=CashMan.Flaky`);
  await page.waitForSelector(`${node} .flash`);
  await page.waitForSelector(`${node} [data-testid="swap"]`);
  await page.click('[data-testid="nav-events"]');
  const row = page.locator('[data-testid="event-row"][data-kind="crash"]').first();
  await row.locator("summary").click();
  const folded = await row.locator("pre").textContent();
  assert.match(folded, /observer::flaky::Flaky::tick/);
  assert.doesNotMatch(folded, /rust_begin_unwind/);
  await row.locator("input").check();
  assert.match(await row.locator("pre").textContent(), /rust_begin_unwind/);
  assert.deepEqual(errors, []);
  await context.close();
});

test("without control there is nothing to press", async () => {
  const url = await mock();
  const { page, context } = await open(browser);
  await page.goto(`${url}#/tree`);
  await state(page, "live");
  await page.click('[data-testid="tree-node"][data-name="CashMan.Cache"]');
  await page.waitForSelector('[data-testid="control-off"]');
  assert.equal(await page.locator('[data-testid="kill-button"]').count(), 0);
  await context.close();
});

test("without the token the page says how to get in", async () => {
  const url = await mock("--token=secret");
  const { page, context } = await open(browser);
  await page.goto(url);
  await state(page, "refused");
  assert.match(await page.textContent('[role="alert"]'), /token/);
  await page.goto(`${url}?token=secret`);
  await state(page, "live");
  await context.close();
});

test("large trees fold, and show more when asked", async () => {
  const { page, context } = await open(browser);
  await state(page, "live");
  const node = '[data-testid="tree-node"][data-name="Shop.Connections"]';
  await page.waitForSelector(`${node}[aria-expanded="false"]`);
  await page.click(`${node} [data-testid="fold"]`);
  await page.waitForSelector(`${node}[aria-expanded="true"]`);
  await page.click('[data-testid="tree-more"]');
  await page.waitForSelector('[data-testid="tree-more"]', { state: "detached" });
  await page.fill('[data-testid="filter-tree"]', "peer 10.0.0.7");
  await page.waitForFunction(() => document.querySelectorAll('[data-testid="tree-node"]').length < 10);
  await page.locator('[data-testid="tree-node"].match', { hasText: "peer 10.0.0.7" }).first().waitFor();
  await context.close();
});

test("links show on hover", async () => {
  const { page, context } = await open(browser);
  await state(page, "live");
  await page.hover('[data-testid="tree-node"][data-name="Shop.Metrics"]');
  await page.waitForSelector('[data-testid="tie"]', { state: "attached" });
  await page.waitForSelector('[data-testid="tree-node"][data-name="Ops.Supervisor"].linked');
  await context.close();
});

test("a million processes: each can be reached, and the wheel does not leap", async () => {
  const { page, context, errors } = await open(browser);
  const total = 1_000_000;
  await page.route("**/api/v1/processes?*", route => {
    const query = new URL(route.request().url()).searchParams;
    const offset = Number(query.get("offset"));
    const length = Math.max(0, Math.min(Number(query.get("limit")), total - offset));
    const rows = Array.from({ length }, (_, n) => ({
      pid: `0.${offset + n}.0`,
      name: null,
      label: null,
      type: "Idle",
      kind: "worker",
      status: "idle",
      mailbox: total - offset - n,
      mailbox_bytes: 0,
      handled: 0,
      restarts: 0,
      links: 0,
      parent: null,
      time_us: null,
    }));
    return route.fulfill({ json: { at: 0, total, matched: total, offset, took_us: 1, rows } });
  });
  await page.goto(`${BASE}/#/processes`);
  await page.click('[data-testid="nav-processes"]');
  const row = index => page.waitForSelector(`[data-testid="process-row"][data-index="${index}"]`);
  await row(0);
  const grid = page.locator('[data-testid="process-rows"]');
  await grid.focus();
  await page.keyboard.press("End");
  await row(total - 1);
  for (let n = 0; n < 3; n++) await page.keyboard.press("PageUp");
  await page.keyboard.press("Home");
  await row(0);
  const first = () =>
    page.evaluate(() => {
      const box = document.querySelector('[data-testid="process-rows"]').getBoundingClientRect();
      const rows = [...document.querySelectorAll('[data-testid="process-row"]')];
      const seen = rows.filter(one => one.getBoundingClientRect().bottom > box.top + 33);
      return Math.min(...seen.map(one => Number(one.dataset.index)));
    });
  await grid.hover();
  await page.mouse.wheel(0, 300);
  await page.waitForFunction(() => !document.querySelector('[data-testid="process-row"][data-index="0"]'));
  assert.equal(await first(), 10, "300 px are ten rows");
  await grid.evaluate(element => (element.scrollTop = element.scrollHeight / 2));
  await page.waitForFunction(total => {
    const rows = [...document.querySelectorAll('[data-testid="process-row"]')];
    return rows.length > 5 && rows.every(one => Math.abs(one.dataset.index - total / 2) < total / 100);
  }, total);
  assert.deepEqual(errors, []);
  await context.close();
});

test("a hidden page asks nothing, and is live again when it is seen", async () => {
  const url = await mock();
  const { page, context, errors } = await open(browser);
  await page.goto(url);
  await state(page, "live");
  const turn = hidden =>
    page.evaluate(hidden => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  const streams = async wanted => {
    for (;;) {
      const now = await (await fetch(`${url}mock/streams`)).json();
      if (now.streams === wanted) return;
    }
  };
  await streams(1);
  await turn(true);
  await state(page, "paused");
  await streams(0);
  await turn(false);
  await state(page, "live");
  await streams(1);
  assert.deepEqual(errors, []);
  await context.close();
});
