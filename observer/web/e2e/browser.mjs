// The browser that the tests and the screenshots drive: Debian's Chromium, without a head.

import { chromium } from "playwright-core";

export const BASE = (process.env.BEAMISH_OBSERVER_URL ?? "http://127.0.0.1:4880").replace(/\/$/, "");

export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
}

/** A page at `path` that notes each error of its console. */
export async function open(browser, path = "/", { width = 1280, height = 800, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, ...options });
  const page = await context.newPage();
  const errors = [];
  page.on("console", message => {
    if (message.type() !== "error" && message.type() !== "warning") return;
    // The browser itself notes an answer of 404: that of a process that has ended between two looks.
    if (/404/.test(message.text()) && message.location().url.includes("/api/v1/processes/")) return;
    errors.push(message.text());
  });
  page.on("pageerror", error => errors.push(String(error)));
  page.on("dialog", dialog => {
    errors.push(`a dialog of the browser: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(BASE + path);
  return { page, context, errors };
}
