// The frame: navigation, the connection's state, theme, help, keys; and which view is shown.

import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { plain } from "./format";
import { connect, useLive } from "./live";
import { nextTheme, useTheme } from "./theme";
import { Icon, Questions, Toasts } from "./ui";
import { EventsView } from "./views/events";
import { ProcessView } from "./views/process";
import { ProcessesView } from "./views/processes";
import { RegistryView } from "./views/registry";
import { SystemView } from "./views/system";
import { TreeView } from "./views/tree";

const VIEWS = [
  { id: "system", name: "System", brief: "System", key: "1" },
  { id: "tree", name: "Applications", brief: "Apps", key: "2" },
  { id: "processes", name: "Processes", brief: "Procs", key: "3" },
  { id: "events", name: "Events", brief: "Events", key: "4" },
  { id: "registry", name: "Registry", brief: "Names", key: "5" },
] as const;

interface Route {
  view: string;
  argument: string | null;
}

function route(): Route {
  const [view = "", argument] = location.hash.replace(/^#\/?/, "").split("/");
  if (view === "") return { view: "tree", argument: null };
  let decoded: string | null = null;
  try {
    decoded = argument === undefined ? null : decodeURIComponent(argument);
  } catch {
    // What cannot be read names nothing.
  }
  return { view, argument: decoded };
}

function useRoute(): Route {
  const [now, setNow] = useState(route);
  useEffect(() => {
    const hear = (): void => setNow(route());
    window.addEventListener("hashchange", hear);
    return () => window.removeEventListener("hashchange", hear);
  }, []);
  return now;
}

export function App(): JSX.Element {
  const { view, argument } = useRoute();
  const help = useRef<HTMLDialogElement>(null);
  const main = useRef<HTMLElement>(null);
  const first = useRef(true);
  const shown = view === "process" ? "processes" : view;
  const node = useLive(live => live.system?.node ?? null);

  useEffect(() => {
    const title =
      VIEWS.find(one => one.id === view)?.name ?? (view === "process" ? `#PID<${argument}>` : "Not found");
    document.title = `${plain(title)} · Beamish observer`;
    // A reader's place is the top of the new view; at first it is the top of the page.
    if (!first.current) main.current?.focus({ preventScroll: true });
    first.current = false;
    window.scrollTo(0, 0);
  }, [view, argument]);

  useEffect(() => {
    const keys = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const target = event.target as HTMLElement;
      if (target.closest("input, select, textarea, dialog")) return;
      if (event.key === "/") {
        const field = document.querySelector<HTMLInputElement>("[data-search]");
        if (!field) return;
        event.preventDefault();
        field.focus();
        field.select();
      } else if (event.key === "?") {
        event.preventDefault();
        help.current?.showModal();
      } else if (event.key === "t") nextTheme();
      else {
        const found = VIEWS.find(one => one.key === event.key);
        if (found) location.hash = `#/${found.id}`;
      }
    };
    document.addEventListener("keydown", keys);
    return () => document.removeEventListener("keydown", keys);
  }, []);

  return (
    <>
      <a
        class="skip"
        href="#main"
        onClick={event => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        Skip to the view
      </a>
      <header class="top">
        <div class="brand">
          <img src="./icon.svg" alt="" width="22" height="22" />
          <span class="brand-name">Beamish</span>
          {node && <span class="brand-node">{plain(node)}</span>}
        </div>
        <nav aria-label="Views">
          {VIEWS.map(one => (
            <a
              key={one.id}
              href={`#/${one.id}`}
              data-testid={`nav-${one.id}`}
              aria-current={shown === one.id ? (view === "process" ? "true" : "page") : undefined}
            >
              <span class="wide-only">{one.name}</span>
              <span class="narrow-only">{one.brief}</span>
            </a>
          ))}
        </nav>
        <div class="top-right">
          <ControlMark />
          <ConnectionMark />
          <ThemeButton />
          <button
            type="button"
            class="quiet"
            aria-label="Help: keys and signs"
            title="Help (?)"
            data-testid="help-button"
            onClick={() => help.current?.showModal()}
          >
            <Icon name="help" />
          </button>
        </div>
      </header>
      <Refused />
      <main id="main" ref={main} tabIndex={-1} class={`view view-${view}`}>
        {view === "system" ? (
          <SystemView />
        ) : view === "tree" ? (
          <TreeView />
        ) : view === "processes" ? (
          <ProcessesView />
        ) : view === "process" && argument ? (
          <ProcessView key={argument} pid={argument} />
        ) : view === "events" ? (
          <EventsView />
        ) : view === "registry" ? (
          <RegistryView />
        ) : (
          <section class="page">
            <h1>Nothing here</h1>
            <p>
              This address names no view. <a href="#/tree">To the applications</a>
            </p>
          </section>
        )}
      </main>
      <Help dialog={help} />
      <Questions />
      <Toasts />
    </>
  );
}

const WORDS = {
  connecting: "connecting",
  live: "live",
  reconnecting: "reconnecting",
  paused: "paused",
  refused: "refused",
} as const;

function ConnectionMark(): JSX.Element {
  const connection = useLive(live => live.connection);
  const trouble = useLive(live => live.trouble);
  const missed = useLive(live => live.missed);
  const lost = missed === 0 ? "" : `${missed.toLocaleString("en")} missed`;
  return (
    <div
      class={`connection ${connection}`}
      role="status"
      data-testid="connection"
      data-state={connection}
      data-missed={missed}
      title={[trouble, missed > 0 && `${lost}: events that this page did not get`].filter(Boolean).join("; ")}
    >
      <i aria-hidden="true" />
      <span>{WORDS[connection]}</span>
      {lost && <span class="missed">{lost}</span>}
    </div>
  );
}

function ControlMark(): JSX.Element | null {
  const control = useLive(live => live.control);
  if (!control) return null;
  return (
    <span class="control-mark" title="Actions are allowed: kill, stop, suspend, trace" data-testid="control">
      control
    </span>
  );
}

function Refused(): JSX.Element | null {
  const connection = useLive(live => live.connection);
  const trouble = useLive(live => live.trouble);
  if (connection !== "refused") return null;
  return (
    <div class="banner bad" role="alert">
      <p>
        {plain(trouble ?? "The observer refuses this page.")} Open the page once with{" "}
        <code>/?token=TOKEN</code>; the token is in the log of the program.
      </p>
      <button type="button" onClick={() => connect()}>
        Try again
      </button>
    </div>
  );
}

function ThemeButton(): JSX.Element {
  const { theme } = useTheme();
  const word = theme === "auto" ? "as the system" : theme;
  return (
    <button
      type="button"
      class="quiet"
      data-testid="theme-button"
      data-theme-now={theme}
      aria-label={`Theme: ${word}. Change`}
      title={`Theme: ${word} (t)`}
      onClick={() => nextTheme()}
    >
      <Icon name={theme === "auto" ? "auto" : theme === "dark" ? "moon" : "sun"} />
    </button>
  );
}

function Help({ dialog }: { dialog: { current: HTMLDialogElement | null } }): JSX.Element {
  const keys: [string, string][] = [
    ["1 … 5", "the views"],
    ["/", "to the search field; Escape empties it"],
    ["?", "this help"],
    ["t", "theme: as the system, light, dark"],
    ["p", "Events: pause and go on"],
    ["↑ ↓ ← →", "tree: to the neighbour, fold, unfold; tables: the row"],
    ["Home … PgDn", "tables and tree: far"],
    ["Enter", "opens the process"],
    ["Space", "tree: shows what is known of the node"],
    ["+ − 0", "tree: larger, smaller, all of it"],
  ];
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" data-testid="help">
      <div class="dialog-head">
        <h2 id="help-title">Keys and signs</h2>
        <button type="button" class="quiet" aria-label="Close" onClick={() => dialog.current?.close()}>
          <Icon name="close" />
        </button>
      </div>
      <dl class="keys">
        {keys.map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <dl class="signs">
        {(["supervisor", "dynamic_supervisor", "application", "worker", "task", "process"] as const).map(
          kind => (
            <div key={kind}>
              <dt class={`kind-icon ${kind}`}>
                <Icon name={kind} />
              </dt>
              <dd>{kind.replace("_", " ")}</dd>
            </div>
          ),
        )}
        {(["idle", "busy", "running", "suspended", "restarting", "stopped"] as const).map(status => (
          <div key={status}>
            <dt class={`status ${status}`}>
              <i />
            </dt>
            <dd>{status}</dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
