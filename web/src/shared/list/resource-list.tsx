import { type ReactNode, useEffect, useRef } from "react";
import { m } from "@/messages/messages";
import { useAnnounce } from "@/shared/ui/announcer";
import { arrange, pageSize } from "./arrange";
import type { Column, Listed, Sorting } from "./column";
import styles from "./list.module.css";
import { ListPages } from "./list-pages";
import { ListTable } from "./list-table";
import { ListToolbar } from "./list-toolbar";
import { useListView } from "./use-list-view";
import { useNarrow } from "./use-narrow";

interface Props<T extends Listed> {
  /** Tells the lists of one page apart. */
  id: string;
  /** The accessible name of the table. */
  caption: string;
  searchLabel: string;
  items: readonly T[];
  /** The first column is that of the names, which lead to the page of each item. */
  columns: readonly [Column<T>, ...Column<T>[]];
  hrefOf: (item: T) => string;
  /** What a search looks at, besides the id. */
  textsOf: (item: T) => readonly string[];
  initialSorting: Sorting;
  /** What can be done with an item in its row. */
  action?: ((item: T) => ReactNode) | undefined;
  /** The id of an item that was just created. Its row is highlighted and gets the focus once. */
  created?: string | undefined;
}

/** From this many items on, a search field helps. */
const searchable = 8;

/** In milliseconds. A screen reader reports the matches when the user stops typing. */
const typingPause = 500;

/** A list that can be searched, sorted and paged through. It stays short where it holds little. */
export function ResourceList<T extends Listed>(props: Props<T>) {
  const { items, columns, textsOf } = props;
  const [view, change] = useListView(props.id, { search: "", sorting: props.initialSorting, page: 0 });
  const narrow = useNarrow();
  const announce = useAnnounce();
  const top = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const arranged = arrange(items, view, columns, textsOf);
  const { rows, matches, page, pages } = arranged;
  const search = view.search.trim();
  const searching = search !== "";

  useEffect(() => {
    if (search === "") return;
    const timer = setTimeout(() => announce(m.list_matches({ count: matches })), typingPause);
    return () => clearTimeout(timer);
  }, [search, matches, announce]);

  const showPage = (next: number) => {
    change({ page: next });
    announce(m.list_page({ page: next + 1, pages }));
    top.current?.scrollIntoView({ block: "start" });
  };

  const clear = () => {
    change({ search: "", page: 0 });
    field.current?.focus();
  };

  const onSort = (sorting: Sorting) => {
    change({ sorting, page: 0 });
    const column = columns.find(({ id }) => id === sorting.column);
    if (column === undefined) return;
    announce(m.list_sorted_by({ order: sorting.descending ? column.descending : column.ascending }));
  };

  return (
    <div className={styles.list} ref={top}>
      {(items.length >= searchable || searching) && (
        <ListToolbar
          searchLabel={props.searchLabel}
          field={field}
          search={view.search}
          onSearch={(search) => change({ search, page: 0 })}
          count={searching ? m.list_matches_of({ count: matches, total: items.length }) : undefined}
          sort={narrow ? { columns, sorting: view.sorting, onSort } : undefined}
        />
      )}
      {rows.length === 0 ? (
        <div className={`card ${styles.nothing}`}>
          <p>{m.list_nothing({ search })}</p>
          <button type="button" className="button" onClick={clear}>
            {m.list_clear()}
          </button>
        </div>
      ) : (
        <ListTable
          caption={props.caption}
          rows={rows}
          columns={columns}
          hrefOf={props.hrefOf}
          sorting={view.sorting}
          onSort={narrow ? undefined : onSort}
          action={props.action}
          created={props.created}
        />
      )}
      {pages > 1 && (
        <ListPages
          page={page}
          pages={pages}
          range={m.list_range({
            first: page * pageSize + 1,
            last: page * pageSize + rows.length,
            total: matches,
          })}
          onPage={showPage}
        />
      )}
    </div>
  );
}
