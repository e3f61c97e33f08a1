// Small parts that all views use.

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { post, reasonOf } from "./api";
import type { Kind, Pid, Ref, Status } from "./api";
import { plain, showPid, titleOf } from "./format";

// ---------------------------------------------------------------------------------------------------------------
// Icons: drawn with the text's colour.

const PATHS = {
  supervisor: "M3 2.5h4v4H3zM9.5 9.5h4v4h-4zM5 6.5v5h4.5",
  dynamic_supervisor: "M3 2.5h4v4H3zM5 6.5v5h2M9 11.5h1.5M12.5 11.5H14",
  application: "M8 1.8l5.4 3.1v6.2L8 14.2l-5.4-3.1V4.9z",
  worker: "M8 3a5 5 0 100 10A5 5 0 008 3z",
  task: "M4.5 3l8 5-8 5z",
  process: "M3.5 3.5h9v9h-9z",
  search: "M7 2.5a4.5 4.5 0 100 9 4.5 4.5 0 000-9zM10.3 10.3L14 14",
  sun: "M8 5a3 3 0 100 6 3 3 0 000-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M3 13l1-1M12 4l1-1",
  moon: "M13 9.5A5.5 5.5 0 016.5 3 5.5 5.5 0 108 13.5a5.5 5.5 0 005-4z",
  auto: "M8 2a6 6 0 100 12V2z M8 2a6 6 0 010 12",
  help: "M5.8 6a2.2 2.2 0 114 1.3c-.8.8-1.8 1.1-1.8 2.2M8 12v.6",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  close: "M4 4l8 8M12 4l-8 8",
  restart: "M13 8a5 5 0 11-1.5-3.6M12 1.8v3h-3",
  pause: "M5.5 3v10M10.5 3v10",
  play: "M5 3l8 5-8 5z",
  link: "M6.5 9.5l3-3M7 4.5l1-1a3 3 0 014.3 4.3l-1 1M9 11.5l-1 1A3 3 0 013.7 8.2l1-1",
  chevron: "M6 4l4 4-4 4",
  warning: "M8 2.5l6 11H2zM8 6.5v3.5M8 11.8v.2",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, class: extra }: { name: IconName; class?: string }): JSX.Element {
  return (
    <svg class={`icon ${extra ?? ""}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

const KIND_NAMES: Record<Kind, string> = {
  worker: "worker",
  supervisor: "supervisor",
  dynamic_supervisor: "dynamic supervisor",
  application: "application",
  task: "task",
  process: "process",
};

export function kindName(kind: Kind): string {
  return KIND_NAMES[kind] ?? String(kind);
}

export function KindIcon({ kind }: { kind: Kind }): JSX.Element {
  return (
    <span class={`kind-icon ${kind}`} title={kindName(kind)}>
      <Icon name={kind in KIND_NAMES ? kind : "process"} />
    </span>
  );
}

export function StatusText({ status }: { status: Status }): JSX.Element {
  return (
    <span class={`status ${status}`} data-testid="status">
      <i aria-hidden="true" />
      {status}
    </span>
  );
}

// ---------------------------------------------------------------------------------------------------------------
// Processes, named and linked.

export function processHref(pid: Pid): string {
  return `#/process/${encodeURIComponent(pid)}`;
}

export function PidLink({ pid }: { pid: Pid | null }): JSX.Element {
  if (!pid) return <span class="faint">no process</span>;
  return (
    <a class="pid" href={processHref(pid)}>
      {showPid(pid)}
    </a>
  );
}

export function RefLink({ to }: { to: Ref }): JSX.Element {
  const label = to.label ?? null;
  const title = to.name || label || to.type ? titleOf({ name: to.name, label, type: to.type ?? "" }) : "";
  const text = (
    <>
      {title && <span class="ref-name">{plain(title)}</span>}
      <span class="pid">{showPid(to.pid)}</span>
    </>
  );
  if (!to.alive)
    return (
      <span class="ref dead" title="has ended">
        {text}
        <span class="faint">ended</span>
      </span>
    );
  return (
    <a class="ref" href={processHref(to.pid)}>
      {text}
    </a>
  );
}

/** The name of a process, as hostile text, cut by the sheet. */
export function Title({ of }: { of: Parameters<typeof titleOf>[0] }): JSX.Element {
  const text = plain(titleOf(of));
  return (
    <span class="title" title={text}>
      {text}
    </span>
  );
}

// ---------------------------------------------------------------------------------------------------------------
// Fields, notes.

interface SearchProps {
  label: string;
  value: string;
  onInput: (value: string) => void;
  testid: string;
  placeholder?: string;
}

/** The field that `/` goes to. */
export function Search({ label, value, onInput, testid, placeholder }: SearchProps): JSX.Element {
  const field = useRef<HTMLInputElement>(null);
  return (
    <div class="search" role="search">
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        data-search
        data-testid={testid}
        aria-label={label}
        placeholder={placeholder ?? label}
        autocomplete="off"
        spellcheck={false}
        maxLength={200}
        value={value}
        onInput={event => onInput(event.currentTarget.value)}
        onKeyDown={event => {
          if (event.key !== "Escape") return;
          if (value === "") event.currentTarget.blur();
          else onInput("");
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
}

export function Trouble({ error }: { error: unknown }): JSX.Element | null {
  if (!error) return null;
  return (
    <p class="note trouble" role="status" data-testid="trouble">
      <Icon name="warning" />
      {plain(reasonOf(error))}
    </p>
  );
}

export function Empty({ children }: { children: ComponentChildren }): JSX.Element {
  return <p class="empty">{children}</p>;
}

/** A value that follows another after it has not changed for a while. */
export function useSettled<T>(value: T, wait = 180): T {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), wait);
    return () => clearTimeout(timer);
  }, [value, wait]);
  return settled;
}

export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const hear = (): void => setMatches(media.matches);
    hear();
    media.addEventListener("change", hear);
    return () => media.removeEventListener("change", hear);
  }, [query]);
  return matches;
}

// ---------------------------------------------------------------------------------------------------------------
// Toasts and questions.

interface Toast {
  id: number;
  text: string;
  bad: boolean;
}

let toasts: Toast[] = [];
let toastId = 0;
let drawToasts: (() => void) | null = null;

export function toast(text: string, bad = false): void {
  const id = ++toastId;
  toasts = [...toasts.slice(-3), { id, text, bad }];
  drawToasts?.();
  setTimeout(() => dismiss(id), bad ? 10_000 : 5_000);
}

function dismiss(id: number): void {
  toasts = toasts.filter(one => one.id !== id);
  drawToasts?.();
}

export function Toasts(): JSX.Element {
  const [, redraw] = useState(0);
  drawToasts = () => redraw(n => n + 1);
  return (
    <div class="toasts" role="status" aria-live="polite" data-testid="toasts">
      {toasts.map(one => (
        <div key={one.id} class={`toast ${one.bad ? "bad" : ""}`}>
          <span>{plain(one.text)}</span>
          <button type="button" class="quiet" aria-label="Dismiss" onClick={() => dismiss(one.id)}>
            <Icon name="close" />
          </button>
        </div>
      ))}
    </div>
  );
}

export interface Question {
  title: string;
  text: string;
  confirm: string;
  danger?: boolean;
  /** A text to ask for, with what stands there at first. */
  field?: { label: string; value: string };
  path: string;
  body?: (field: string) => Record<string, unknown>;
}

let question: Question | null = null;
let drawQuestion: (() => void) | null = null;

/** Asks, then does it and says what was done. */
export function ask(what: Question): void {
  question = what;
  drawQuestion?.();
}

export function Questions(): JSX.Element | null {
  const [, redraw] = useState(0);
  const dialog = useRef<HTMLDialogElement>(null);
  const [text, setText] = useState("");
  drawQuestion = () => {
    setText(question?.field?.value ?? "");
    redraw(n => n + 1);
  };
  const asked = question;
  useEffect(() => {
    if (asked && dialog.current && !dialog.current.open) dialog.current.showModal();
  }, [asked]);
  if (!asked) return null;
  const done = (): void => {
    question = null;
    drawQuestion?.();
  };
  const confirm = async (): Promise<void> => {
    dialog.current?.close();
    try {
      toast(await post(asked.path, asked.body?.(text) ?? {}));
    } catch (error) {
      toast(`not done: ${reasonOf(error)}`, true);
    }
  };
  return (
    <dialog
      ref={dialog}
      class="question"
      aria-labelledby="question-title"
      onClose={done}
      data-testid="question"
    >
      <h2 id="question-title">{plain(asked.title)}</h2>
      <p>{plain(asked.text)}</p>
      {asked.field && (
        <label class="field">
          {asked.field.label}
          <input
            type="text"
            value={text}
            maxLength={200}
            data-testid="reason-input"
            onInput={event => setText(event.currentTarget.value)}
            onKeyDown={event => {
              if (event.key === "Enter") void confirm();
            }}
          />
        </label>
      )}
      <div class="buttons">
        <button type="button" onClick={() => dialog.current?.close()} data-testid="cancel-button">
          Cancel
        </button>
        <button
          type="button"
          class={asked.danger ? "danger" : "primary"}
          data-testid="confirm-button"
          onClick={() => void confirm()}
        >
          {asked.confirm}
        </button>
      </div>
    </dialog>
  );
}
