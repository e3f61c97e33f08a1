// What the page shows of a program: run against the example (or the mock) at BEAMISH_OBSERVER_URL, started with control on.
//
// The example has `CashMan.Supervisor` over `CashMan.Cache`, and a supervised child with a hostile name. The test of the
// long table runs only where there are 100,000 processes.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { BASE, launch, open } from "./browser.mjs";

const HOSTILE = "<img src=x onerror=alert(1)>";
const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const VIEWS = ["system", "tree", "processes", "events", "registry"];

let browser;
before(async () => {
  browser = await launch();
  await settled();
});
after(async () => {
  await browser?.close();
});

const node = name => `[data-testid="tree-node"][data-name="${name}"]`;
const live = page => page.waitForSelector('[data-testid="connection"][data-state="live"]');

async function api(path) {
  const response = await fetch(`${BASE}/api/v1/${path}`);
  assert.equal(response.status, 200, path);
  return response.json();
}

/** The process that has the name now: the table may be a little older. */
/** Waits until the program has started its processes: of the events of so many at once some are only counted. */
async function settled() {
  for (let before = -1; ;) {
    const now = (await api("system")).sample.processes;
    if (now === before) return;
    before = now;
    await new Promise(resolve => setTimeout(resolve, 1_500));
  }
}

async function processNamed(name) {
  for (;;) {
    const { rows } = await api(`processes?filter=${encodeURIComponent(name)}&limit=20`);
    const found = rows.find(row => row.name === name) ?? rows.find(row => row.label === name);
    if (found && (await fetch(`${BASE}/api/v1/processes/${found.pid}`)).ok) return found;
    await new Promise(done => setTimeout(done, 100));
  }
}

/** Waits until the cache's supervisor has had so few restarts of late that it bears some more. */
async function calm() {
  for (;;) {
    const { parent } = await processNamed("CashMan.Cache");
    const { events } = await api("events?kinds=restart&limit=200");
    const { now } = await api("system");
    const late = events.filter(event => event.supervisor === parent && now - event.at < 6_000);
    if (late.length <= 1) return;
    await new Promise(done => setTimeout(done, 250));
  }
}

/** Waits until the page is the one that `#/process/…` names and has its process. */
async function openProcess(page, pid) {
  await page.evaluate(to => (location.hash = to), `#/process/${pid}`);
  await page.waitForSelector(`[data-testid="process"][data-pid="${pid}"] .facts`);
}

function noErrors(errors) {
  assert.deepEqual(errors, [], "the console has errors");
}

test("the tree shows the supervisor over its cache", async () => {
  const { page, context, errors } = await open(browser);
  await live(page);
  await page.waitForSelector(node("CashMan.Supervisor"));
  const levels = await page.evaluate(() => {
    const level = name => {
      const found = [...document.querySelectorAll('[data-testid="tree-node"]')].find(
        one => one.dataset.name === name,
      );
      return Number(found?.getAttribute("aria-level"));
    };
    return [level("CashMan.Supervisor"), level("CashMan.Cache")];
  });
  assert.equal(levels[1], levels[0] + 1);
  await page.locator(node("CashMan.Supervisor"), { hasText: "one_for_one" }).waitFor();
  noErrors(errors);
  await context.close();
});

test("an exit signal from elsewhere: within a second another pid and one more restart", async () => {
  await calm();
  const { page, context, errors } = await open(browser);
  await live(page);
  const cache = page.locator(node("CashMan.Cache"));
  const pid = await cache.getAttribute("data-pid");
  const restarts = Number(await cache.getAttribute("data-restarts"));
  const took = await page.evaluate(
    async ([selector, old, count]) => {
      const begun = performance.now();
      const answer = await fetch(`api/v1/processes/${old}/exit`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ reason: "ended by the test" }),
      });
      if (!answer.ok) throw new Error(`the exit was answered with ${answer.status}`);
      return new Promise(resolve => {
        const look = () => {
          const now = document.querySelector(selector)?.dataset;
          if (now?.pid && now.pid !== old && now.restarts === String(count))
            resolve(performance.now() - begun);
          else requestAnimationFrame(look);
        };
        look();
      });
    },
    [node("CashMan.Cache"), pid, restarts + 1],
  );
  assert.ok(took < 1000, `the new pid was there after ${took} ms`);
  noErrors(errors);
  await context.close();
});

test("a kill from the page: within a second another pid and one more restart", async () => {
  await calm();
  const { page, context, errors } = await open(browser);
  await live(page);
  const cache = page.locator(node("CashMan.Cache"));
  const pid = await cache.getAttribute("data-pid");
  const restarts = Number(await cache.getAttribute("data-restarts"));
  await cache.click();
  await page.click('[data-testid="inspector"] [data-testid="kill-button"]');
  await page.waitForSelector('dialog[open] [data-testid="confirm-button"]');
  assert.equal(await cache.getAttribute("data-pid"), pid, "nothing is done before the question is answered");
  // The clock runs in the page, from the click on.
  await page.evaluate(
    ([selector, old]) => {
      window.took = new Promise(resolve => {
        document.querySelector('[data-testid="confirm-button"]').addEventListener("click", () => {
          const begun = performance.now();
          const look = () => {
            const now = document.querySelector(selector)?.dataset.pid;
            if (now && now !== old) resolve(performance.now() - begun);
            else requestAnimationFrame(look);
          };
          look();
        });
      });
    },
    [node("CashMan.Cache"), pid],
  );
  await page.click('[data-testid="confirm-button"]');
  const took = await page.evaluate(() => window.took);
  assert.ok(took < 1000, `the new pid was there after ${took} ms`);
  await page.waitForFunction(
    ([selector, count]) => document.querySelector(selector)?.dataset.restarts === String(count),
    [node("CashMan.Cache"), restarts + 1],
  );
  const count = page.locator(`${node("CashMan.Cache")} [data-testid="restarts"]`);
  assert.equal(await count.getAttribute("data-count"), String(restarts + 1));
  await page.waitForSelector('[data-testid="toasts"] .toast');

  await page.click('[data-testid="nav-events"]');
  for (const kind of ["control", "restart"])
    await page.locator(`[data-testid="event-row"][data-kind="${kind}"]`, { hasText: pid }).first().waitFor();
  await page
    .locator('[data-testid="event-row"][data-kind="exit"], [data-testid="event-row"][data-kind="crash"]', {
      hasText: pid,
    })
    .first()
    .waitFor();
  noErrors(errors);
  await context.close();
});

test("a process that ends leads to the one in its place", async () => {
  await calm();
  const { page, context, errors } = await open(browser);
  await live(page);
  const { pid } = await processNamed("CashMan.Cache");
  await openProcess(page, pid);
  await page.click('[data-testid="kill-button"]');
  await page.click('dialog[open] [data-testid="confirm-button"]');
  await page.waitForSelector('[data-testid="ended"]');
  await page.click('[data-testid="replaced-by"]');
  await page.waitForFunction(old => {
    const now = document.querySelector('[data-testid="process"]')?.dataset.pid;
    return now && now !== old;
  }, pid);
  await page.waitForSelector('[data-testid="process"] .facts');
  assert.match(await page.textContent("h1"), /CashMan\.Cache/);
  noErrors(errors);
  await context.close();
});

test("a process shows its state, its handlers and since when they are timed", async () => {
  // The example's ledger shows its state; with the mock it is the cache.
  const { rows } = await api("processes?filter=Demo.Ledger&limit=1");
  const shower = rows[0] ?? (await processNamed("CashMan.Cache"));
  const { page, context, errors } = await open(browser);
  await live(page);
  await openProcess(page, shower.pid);
  await page.waitForSelector('pre[data-testid="state"]');
  const { state } = await api(`processes/${shower.pid}`);
  const first = /^\w+/.exec(state)[0];
  assert.ok(
    (await page.textContent('pre[data-testid="state"]')).startsWith(first),
    `the state is a ${first}`,
  );
  await page.waitForSelector('[data-testid="timed-since"]');
  await page.waitForSelector('[data-testid="handlers"] .histogram');
  await page.waitForSelector('[data-testid="recent"] tbody tr');
  noErrors(errors);
  await context.close();
});

test("the processes are sorted by the length of their mailboxes", async () => {
  const { total } = await api("processes?limit=1");
  const { page, context, errors } = await open(browser, "/#/processes");
  await live(page);
  await page.waitForSelector('[data-testid="process-row"]');
  await page.click('[data-testid="sort-name"]');
  await page.waitForSelector('[data-testid="processes-count"][data-settled="true"]');
  await page.click('[data-testid="sort-mailbox"]');
  await page.waitForSelector('[role="columnheader"][aria-sort="descending"] [data-testid="sort-mailbox"]');
  await page.waitForSelector('[data-testid="processes-count"][data-settled="true"]');
  const mailboxes = await page.$$eval('[data-testid="process-row"]', rows =>
    rows.sort((a, b) => a.dataset.index - b.dataset.index).map(row => Number(row.dataset.mailbox)),
  );
  assert.ok(mailboxes.length > 5);
  assert.deepEqual(
    mailboxes,
    [...mailboxes].sort((a, b) => b - a),
  );
  const rows = await page.locator('[role="row"]').count();
  assert.ok(rows < 120, `only the rows in sight are drawn, not ${rows}`);
  // To the end, by the keyboard, and back.
  await page.focus('[data-testid="process-rows"]');
  await page.keyboard.press("End");
  await page.waitForFunction(
    least =>
      [...document.querySelectorAll('[data-testid="process-row"]')].some(row => row.dataset.index >= least),
    Math.max(0, Math.floor(total * 0.99) - 50),
  );
  await page.keyboard.press("Home");
  await page.waitForSelector('[data-testid="process-row"][data-index="0"]');
  noErrors(errors);
  await context.close();
});

test("100,000 processes: any of them comes into sight", async t => {
  const { total } = await api("processes?limit=1");
  if (total < 100_000) return t.skip(`only ${total} processes run`);
  const { page, context, errors } = await open(browser, "/#/processes");
  await live(page);
  await page.waitForSelector('[data-testid="process-row"]');
  const grid = page.locator('[data-testid="process-rows"]');
  assert.ok(Number(await grid.getAttribute("aria-rowcount")) > 100_000);
  for (const part of [0.25, 0.5, 0.9]) {
    await grid.evaluate((element, part) => (element.scrollTop = part * element.scrollHeight), part);
    await page.waitForFunction(
      ([low, high]) => {
        const rows = [...document.querySelectorAll('[data-testid="process-row"]')].map(row =>
          Number(row.dataset.index),
        );
        return rows.length > 10 && rows.every(index => index >= low && index <= high);
      },
      [total * (part - 0.05), total * (part + 0.05)],
    );
  }
  noErrors(errors);
  await context.close();
});

test("a hostile name stays text", async () => {
  const { page, context, errors } = await open(browser);
  await live(page);
  await page.waitForSelector('[data-testid="tree-node"]');
  await page.locator('[data-testid="tree-node"]', { hasText: HOSTILE }).first().waitFor();
  const { pid, name } = await processNamed(HOSTILE);
  await openProcess(page, pid);
  assert.ok((await page.textContent("h1")).includes(HOSTILE));
  for (const view of name === HOSTILE ? ["processes", "registry"] : ["processes"]) {
    await page.click(`[data-testid="nav-${view}"]`);
    await page.fill(`[data-testid="filter-${view}"]`, HOSTILE);
    await page.locator('[role="gridcell"]', { hasText: HOSTILE }).first().waitFor();
  }
  const images = await page.$$eval("img", all => all.map(image => image.getAttribute("src")));
  assert.deepEqual(images, ["./icon.svg"], "no image came out of a name");
  noErrors(errors);
  await context.close();
});

test("the events can be filtered and held", async () => {
  await calm();
  const { page, context, errors } = await open(browser);
  await live(page);
  const cache = page.locator(node("CashMan.Cache"));
  await cache.click();
  await page.click('[data-testid="kill-button"]');
  await page.click('dialog[open] [data-testid="confirm-button"]');
  await page.click('[data-testid="nav-events"]');
  const rows = kind => page.locator(`[data-testid="event-row"]${kind ? `[data-kind="${kind}"]` : ""}`);
  await rows("restart").first().waitFor();
  await page.click('[data-testid="pause-button"]');
  assert.equal(await page.getAttribute('[data-testid="pause-button"]', "aria-pressed"), "true");
  await page.uncheck('[data-testid="kind-restart"]');
  assert.equal(await rows("restart").count(), 0);
  await page.check('[data-testid="kind-restart"]');
  await rows("restart").first().waitFor();
  await page.fill('[data-testid="filter-events"]', "no event has this text");
  assert.equal(await rows().count(), 0);
  noErrors(errors);
  await context.close();
});

test("the keyboard is enough", async () => {
  await calm();
  const { page, context, errors } = await open(browser);
  await live(page);
  await page.waitForSelector(node("CashMan.Cache"));
  const active = () =>
    page.evaluate(
      () => document.activeElement?.getAttribute("data-testid") ?? document.activeElement?.className,
    );
  await page.keyboard.press("Tab");
  assert.equal(await active(), "skip");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  await page.keyboard.press("/");
  assert.equal(await active(), "filter-tree");
  await page.keyboard.press("Escape");
  // Into the tree, down to the cache.
  for (let n = 0; n < 30 && (await active()) !== "tree-node"; n++) await page.keyboard.press("Tab");
  assert.equal(await active(), "tree-node");
  const at = () => page.evaluate(() => document.activeElement?.dataset.name);
  for (let n = 0; n < 300 && (await at()) !== "CashMan.Cache"; n++) await page.keyboard.press("ArrowDown");
  assert.equal(await at(), "CashMan.Cache");
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  assert.equal(ring, "solid", "the focus is seen");
  // Its parent folds and unfolds.
  await page.keyboard.press("ArrowLeft");
  assert.equal(await at(), "CashMan.Supervisor");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await page.locator(node("CashMan.Cache")).count(), 0);
  await page.keyboard.press("ArrowRight");
  await page.waitForSelector(node("CashMan.Cache"));
  await page.keyboard.press("ArrowRight");
  for (let n = 0; n < 20 && (await at()) !== "CashMan.Cache"; n++) await page.keyboard.press("ArrowDown");
  // Kills it, all by keys.
  const pid = await page.getAttribute(node("CashMan.Cache"), "data-pid");
  await page.keyboard.press("Space");
  await page.waitForSelector('[data-testid="inspector"]');
  for (let n = 0; n < 60 && (await active()) !== "kill-button"; n++) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector("dialog[open]");
  assert.equal(await active(), "cancel-button", "what is dangerous is not chosen already");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForFunction(
    ([selector, old]) => ![old, ""].includes(document.querySelector(selector)?.dataset.pid ?? ""),
    [node("CashMan.Cache"), pid],
  );
  // The views by number, the table by arrows.
  await page.keyboard.press("3");
  await page.waitForSelector('[data-testid="process-row"]');
  for (let n = 0; n < 40 && (await active()) !== "process-rows"; n++) await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowDown");
  await page.waitForSelector('[data-testid="process-row"][data-index="1"][aria-selected="true"]');
  await page.keyboard.press("Enter");
  await page.waitForSelector('[data-testid="process"]');
  await page.keyboard.press("?");
  await page.waitForSelector('[data-testid="help"][open]');
  await page.keyboard.press("Escape");
  await page.waitForSelector('[data-testid="help"]:not([open])', { state: "attached" });
  await page.keyboard.press("t");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
  noErrors(errors);
  await context.close();
});

for (const colorScheme of ["light", "dark"]) {
  test(`every view, 360 to 2,560 px wide, ${colorScheme}: no overflow, no serious issue of accessibility`, async () => {
    const { page, context, errors } = await open(browser, "/", { colorScheme, reducedMotion: "reduce" });
    await live(page);
    await page.waitForSelector(node("CashMan.Cache"));
    const { pid } = await processNamed("CashMan.Cache");
    await page.evaluate(AXE);
    const found = [];
    for (const view of [...VIEWS, `process/${pid}`]) {
      await page.evaluate(to => (location.hash = to), `#/${view}`);
      await page.waitForSelector(`.view-${view.split("/")[0]} h1`);
      for (const width of [360, 480, 768, 1024, 1440, 2560]) {
        await page.setViewportSize({ width, height: 800 });
        await page.evaluate(
          () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))),
        );
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        if (wide > width) found.push(`${view} at ${width}: ${wide} px wide`);
        if (width !== 360 && width !== 1440) continue;
        const { violations } = await page.evaluate(() =>
          window.axe.run(document, { resultTypes: ["violations"] }),
        );
        for (const one of violations)
          if (one.impact === "serious" || one.impact === "critical")
            found.push(
              `${view} at ${width}: ${one.id}: ${one.nodes
                .map(each => each.html.slice(0, 160))
                .slice(0, 3)
                .join(" | ")}`,
            );
      }
    }
    assert.deepEqual(found, []);
    noErrors(errors);
    await context.close();
  });
}

test("at 360 px the tree is a list, and can be used", async () => {
  const { page, context, errors } = await open(browser, "/#/tree", { width: 360, height: 740 });
  await live(page);
  await page.waitForSelector(`${node("CashMan.Cache")}.list`);
  await page.click(node("CashMan.Cache"));
  await page.click('[data-testid="open-process"]');
  await page.waitForSelector('[data-testid="process"] .facts');
  noErrors(errors);
  await context.close();
});

test("what is done is what the server allows", async () => {
  const { page, context, errors } = await open(browser);
  await live(page);
  const { pid } = await processNamed("CashMan.Cache");
  await openProcess(page, pid);
  await page.click('[data-testid="suspend-button"]');
  await page.click('dialog[open] [data-testid="confirm-button"]');
  await page.waitForSelector('[data-testid="resume-button"]');
  await page.click('[data-testid="resume-button"]');
  await page.click('dialog[open] [data-testid="confirm-button"]');
  await page.waitForSelector('[data-testid="suspend-button"]');
  await page.click('[data-testid="trace-button"]');
  await page.click('dialog[open] [data-testid="confirm-button"]');
  await page.waitForSelector('[data-testid="tracing"]');
  noErrors(errors);
  await context.close();
});
