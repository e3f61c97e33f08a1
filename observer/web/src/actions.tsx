// What can be done to a process, where the observer allows it. Each asks first.

import type { JSX } from "preact";
import { processPath } from "./api";
import type { Kind, Pid, Status } from "./api";
import { showPid } from "./format";
import { useLive } from "./live";
import { ask } from "./ui";

interface Props {
  title: string;
  pid: Pid | null;
  kind: Kind;
  status: Status;
  supervisor: { pid: Pid; dynamic: boolean } | null;
  childId: string | null;
  tracing?: boolean;
}

const TRACE_SECONDS = 30;

export function Actions(props: Props): JSX.Element | null {
  const control = useLive(live => live.control);
  const { title, pid, kind, status, supervisor, childId } = props;
  if (!control)
    return (
      <p class="note quiet-note" data-testid="control-off">
        Actions are off. They are there when the observer is started with <code>.control(true)</code>.
      </p>
    );
  const who = pid ? `${title === "" ? "" : `${title}, `}${showPid(pid)}` : title;
  const server = kind === "worker" || kind === "supervisor" || kind === "dynamic_supervisor";
  const child = supervisor?.dynamic ? (pid ? { pid } : null) : childId === null ? null : { id: childId };
  const act = pid ? processPath(pid) : "";
  const restarts = supervisor ? " Its supervisor restarts it if the child's restart type says so." : "";
  return (
    <div class="actions" role="group" aria-label="Actions">
      {pid && server && status !== "suspended" && (
        <button
          type="button"
          data-testid="suspend-button"
          onClick={() =>
            ask({
              title: `Suspend ${title}?`,
              text: `${who} handles no messages until it is resumed; callers wait, and may run into their timeouts.`,
              confirm: "Suspend",
              path: `${act}/suspend`,
            })
          }
        >
          Suspend
        </button>
      )}
      {pid && server && status === "suspended" && (
        <button
          type="button"
          data-testid="resume-button"
          onClick={() =>
            ask({
              title: `Resume ${title}?`,
              text: `${who} goes on with the messages that wait in its mailbox.`,
              confirm: "Resume",
              path: `${act}/resume`,
            })
          }
        >
          Resume
        </button>
      )}
      {pid && server && (
        <button
          type="button"
          data-testid="trace-button"
          onClick={() =>
            ask({
              title: `Trace ${title}?`,
              text: `For ${TRACE_SECONDS} s each message of ${who} is an event. That costs time for each message.`,
              confirm: `Trace ${TRACE_SECONDS} s`,
              path: `${act}/trace`,
              body: () => ({ seconds: TRACE_SECONDS }),
            })
          }
        >
          Trace
        </button>
      )}
      {supervisor && child && pid && (
        <button
          type="button"
          data-testid="terminate-button"
          onClick={() =>
            ask({
              title: `Terminate the child ${title}?`,
              text: `The supervisor ${showPid(supervisor.pid)} ends ${who} in order and does not restart it.`,
              confirm: "Terminate child",
              danger: true,
              path: `supervisors/${encodeURIComponent(supervisor.pid)}/children/terminate`,
              body: () => child,
            })
          }
        >
          Terminate child
        </button>
      )}
      {supervisor && child && !pid && (
        <button
          type="button"
          data-testid="restart-button"
          onClick={() =>
            ask({
              title: `Restart the child ${title}?`,
              text: `The supervisor ${showPid(supervisor.pid)} starts it again.`,
              confirm: "Restart child",
              path: `supervisors/${encodeURIComponent(supervisor.pid)}/children/restart`,
              body: () => child,
            })
          }
        >
          Restart child
        </button>
      )}
      {pid && server && (
        <button
          type="button"
          data-testid="stop-button"
          onClick={() =>
            ask({
              title: `Stop ${title}?`,
              text: `${who} ends in order, after its terminate callback.${restarts}`,
              confirm: "Stop",
              danger: true,
              field: { label: "Reason", value: "shutdown" },
              path: `${act}/stop`,
              body: reason => ({ reason }),
            })
          }
        >
          Stop
        </button>
      )}
      {pid && (
        <button
          type="button"
          data-testid="exit-button"
          onClick={() =>
            ask({
              title: `Send an exit signal to ${title}?`,
              text: `${who} ends with the reason, unless it traps exits.${restarts}`,
              confirm: "Send exit",
              danger: true,
              field: { label: "Reason", value: "asked by the observer" },
              path: `${act}/exit`,
              body: reason => ({ reason }),
            })
          }
        >
          Exit
        </button>
      )}
      {pid && (
        <button
          type="button"
          class="danger"
          data-testid="kill-button"
          onClick={() =>
            ask({
              title: `Kill ${title}?`,
              text: `${who} ends at once, without its terminate callback.${restarts}`,
              confirm: "Kill",
              danger: true,
              path: `${act}/kill`,
            })
          }
        >
          Kill
        </button>
      )}
    </div>
  );
}
