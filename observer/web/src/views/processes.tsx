// All processes, sorted and filtered by the server.

import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get } from "../api";
import type { Row, Rows } from "../api";
import { bytes, count, micros, plain, short, showPid } from "../format";
import { KindIcon, Search, StatusText, Title, Trouble, processHref, useMedia, useSettled } from "../ui";
import { useWindow, VirtualTable } from "../vtable";
import type { Column } from "../vtable";

type Order = "asc" | "desc";

// What was chosen stays while the page is open.
let chosen: { sort: string; order: Order; filter: string } = { sort: "mailbox", order: "desc", filter: "" };

export function presetFilter(filter: string): void {
  chosen = { ...chosen, filter };
}

const COLUMNS: Column<Row>[] = [
  {
    id: "name",
    name: "Name",
    sort: "name",
    width: "minmax(9rem, 2.2fr)",
    cell: row => (
      <>
        <KindIcon kind={row.kind} />
        <Title of={row} />
      </>
    ),
  },
  {
    id: "pid",
    name: "Pid",
    sort: "pid",
    width: "minmax(7.5rem, .9fr)",
    from: 480,
    cell: row => (
      <a class="pid" href={processHref(row.pid)} tabIndex={-1}>
        {showPid(row.pid)}
      </a>
    ),
  },
  {
    id: "type",
    name: "Type",
    sort: "type",
    width: "minmax(7rem, 1.6fr)",
    from: 760,
    cell: row => (
      <span class="type" title={plain(row.type)}>
        {plain(row.type)}
      </span>
    ),
  },
  {
    id: "status",
    name: "Status",
    sort: "status",
    width: "7rem",
    from: 620,
    cell: row => <StatusText status={row.status} />,
  },
  {
    id: "mailbox",
    name: "Mailbox",
    sort: "mailbox",
    width: "minmax(5.2rem, .6fr)",
    number: true,
    cell: row => <span class={row.mailbox > 0 ? "strong" : "faint"}>{count(row.mailbox)}</span>,
  },
  {
    id: "memory",
    name: "Memory",
    sort: "memory",
    width: "minmax(5.5rem, .6fr)",
    number: true,
    from: 900,
    cell: row => bytes(row.mailbox_bytes),
  },
  {
    id: "handled",
    name: "Handled",
    sort: "handled",
    width: "minmax(5.2rem, .6fr)",
    number: true,
    from: 320,
    cell: row => <span title={count(row.handled)}>{short(row.handled)}</span>,
  },
  {
    id: "time",
    name: "Time",
    sort: "time",
    width: "minmax(5.2rem, .6fr)",
    number: true,
    from: 1000,
    cell: row => <span class={row.time_us === null ? "faint" : ""}>{micros(row.time_us)}</span>,
  },
  {
    id: "restarts",
    name: "Restarts",
    sort: "restarts",
    width: "minmax(5.2rem, .5fr)",
    number: true,
    from: 700,
    cell: row => <span class={row.restarts ? "restarted" : "faint"}>{count(row.restarts)}</span>,
  },
  {
    id: "links",
    name: "Links",
    sort: "links",
    width: "minmax(4.2rem, .4fr)",
    number: true,
    from: 1100,
    cell: row => count(row.links),
  },
];

export function ProcessesView(): JSX.Element {
  const [sort, setSort] = useState(chosen.sort);
  const [order, setOrder] = useState<Order>(chosen.order);
  const [filter, setFilter] = useState(chosen.filter);
  const settled = useSettled(filter);
  const narrow = useMedia("(max-width: 1120px)");
  useEffect(() => {
    chosen = { sort, order, filter };
  }, [sort, order, filter]);

  const key = JSON.stringify([sort, order, settled]);
  const found = useWindow<Row>(key, async (offset, limit, signal) =>
    get<Rows>("processes", { sort, order, offset, limit, filter: settled }, signal),
  );
  const choose = (to: string): void => {
    if (to === sort) setOrder(order === "asc" ? "desc" : "asc");
    else {
      setSort(to);
      setOrder(["pid", "name", "type", "status"].includes(to) ? "asc" : "desc");
    }
  };

  return (
    <section class="page fill">
      <div class="page-head">
        <h1>Processes</h1>
        <Search
          label="Filter by name, type or pid"
          value={filter}
          onInput={setFilter}
          testid="filter-processes"
        />
        {narrow && (
          <label class="select">
            <span>Sort by</span>
            <select
              value={`${sort} ${order}`}
              data-testid="sort-select"
              onChange={event => {
                const [by = "mailbox", way] = event.currentTarget.value.split(" ");
                setSort(by);
                setOrder(way === "asc" ? "asc" : "desc");
              }}
            >
              {COLUMNS.flatMap(column =>
                (["desc", "asc"] as const).map(way => (
                  <option key={`${column.id}${way}`} value={`${column.sort} ${way}`}>
                    {column.name.toLowerCase()} {way === "asc" ? "↑" : "↓"}
                  </option>
                )),
              )}
            </select>
          </label>
        )}
        <p class="facts-line" data-testid="processes-count" data-settled={found.known}>
          {found.matched === found.total ? (
            <span>
              <b>{count(found.total)}</b> processes
            </span>
          ) : (
            <span>
              <b>{count(found.matched)}</b> of {count(found.total)}
            </span>
          )}
        </p>
      </div>
      <Trouble error={found.error} />
      <VirtualTable
        label="Processes"
        columns={COLUMNS}
        matched={found.matched}
        row={found.row}
        rowKey={row => row.pid}
        hrefOf={row => processHref(row.pid)}
        attributesOf={row => ({ "data-pid": row.pid, "data-mailbox": String(row.mailbox) })}
        sort={sort}
        order={order}
        onSort={choose}
        onRange={found.onRange}
        testid="process-row"
        from={key}
      />
      {found.known && found.matched === 0 && (
        <p class="empty over">{settled ? "No process matches the filter." : "No processes."}</p>
      )}
    </section>
  );
}
