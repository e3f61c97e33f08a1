// The names, and who has them.

import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { get } from "../api";
import type { Name, Names } from "../api";
import { count, plain, showPid } from "../format";
import { Search, Trouble, processHref, useSettled } from "../ui";
import { useWindow, VirtualTable } from "../vtable";
import type { Column } from "../vtable";

const COLUMNS: Column<Name>[] = [
  {
    id: "name",
    name: "Name",
    width: "minmax(8rem, 2fr)",
    cell: name => (
      <span class="title" title={plain(name.name)}>
        {plain(name.name)}
      </span>
    ),
  },
  {
    id: "kind",
    name: "Where",
    width: "5.5rem",
    from: 480,
    cell: name => <span class={`tag where-${name.kind}`}>{plain(name.kind)}</span>,
  },
  {
    id: "pid",
    name: "Pid",
    width: "minmax(8.8rem, 1fr)",
    cell: name => (
      <a class="pid" href={processHref(name.pid)} tabIndex={-1}>
        {showPid(name.pid)}
      </a>
    ),
  },
  {
    id: "type",
    name: "Type",
    width: "minmax(7rem, 1.6fr)",
    from: 640,
    cell: name => (
      <span class="type" title={plain(name.type ?? "")}>
        {plain(name.type ?? "–")}
      </span>
    ),
  },
];

let chosen = "";

export function RegistryView(): JSX.Element {
  const [filter, setFilter] = useState(chosen);
  chosen = filter;
  const settled = useSettled(filter);
  const found = useWindow<Name>(settled, async (offset, limit, signal) => {
    const names = await get<Names>("registry", { filter: settled, offset, limit }, signal);
    return { matched: names.matched, total: names.total, rows: names.names };
  });
  return (
    <section class="page fill">
      <div class="page-head">
        <h1>Registry</h1>
        <Search
          label="Filter by name, type or pid"
          value={filter}
          onInput={setFilter}
          testid="filter-registry"
        />
        <p class="facts-line" data-testid="registry-count">
          <span>
            <b>{count(found.matched)}</b>{" "}
            {found.matched === found.total ? "names" : `of ${count(found.total)}`}
          </span>
        </p>
      </div>
      <Trouble error={found.error} />
      <VirtualTable
        label="Names"
        columns={COLUMNS}
        matched={found.matched}
        row={found.row}
        rowKey={name => name.name}
        hrefOf={name => processHref(name.pid)}
        attributesOf={name => ({ "data-pid": name.pid })}
        onRange={found.onRange}
        testid="name-row"
        from={settled}
      />
      {found.known && found.matched === 0 && (
        <p class="empty over">{settled ? "No name matches the filter." : "No process has a name."}</p>
      )}
    </section>
  );
}
