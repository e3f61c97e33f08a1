// Light and dark: as the system says, unless chosen here.

import { useEffect, useState } from "preact/hooks";

export type Theme = "auto" | "light" | "dark";

const KEY = "beamish-observer-theme";
const watchers = new Set<() => void>();

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "auto";
  } catch {
    return "auto";
  }
}

let theme: Theme = stored();

export function applyTheme(): void {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  for (const watcher of [...watchers]) watcher();
}

export function nextTheme(): Theme {
  theme = theme === "auto" ? "light" : theme === "light" ? "dark" : "auto";
  try {
    if (theme === "auto") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // Without a store the choice lasts as long as the page.
  }
  applyTheme();
  return theme;
}

export function isDark(): boolean {
  return theme === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
}

/** Which theme is chosen, and whether that is dark now. */
export function useTheme(): { theme: Theme; dark: boolean } {
  const [, redraw] = useState(0);
  useEffect(() => {
    const watcher = (): void => redraw(n => n + 1);
    const media = matchMedia("(prefers-color-scheme: dark)");
    watchers.add(watcher);
    media.addEventListener("change", watcher);
    return () => {
      watchers.delete(watcher);
      media.removeEventListener("change", watcher);
    };
  }, []);
  return { theme, dark: isDark() };
}

let probe: HTMLElement | null = null;

/** What a colour of the sheet is now, for what is drawn on a canvas. */
export function colour(name: string): string {
  if (!probe) {
    probe = document.createElement("i");
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}
