import { Search } from "lucide-react";
import { type Ref, useId } from "react";
import { m } from "@/messages/messages";
import type { Column, Sorting } from "./column";
import styles from "./list.module.css";

interface Props<T> {
  searchLabel: string;
  /** The field, which gets the focus when the search is cleared. */
  field: Ref<HTMLInputElement>;
  search: string;
  onSearch: (search: string) => void;
  /** How many of the items match, while the user searches. */
  count: string | undefined;
  /** Where there are no headings to press, a choice sorts the list. */
  sort: SortProps<T> | undefined;
}

interface SortProps<T> {
  columns: readonly Column<T>[];
  sorting: Sorting;
  onSort: (sorting: Sorting) => void;
}

/** The search field of a list, with the number of matches. */
export function ListToolbar<T>({ searchLabel, field, search, onSearch, count, sort }: Props<T>) {
  const id = useId();
  return (
    <div className={styles.toolbar}>
      <div className={styles.search}>
        <label className="visually-hidden" htmlFor={id}>
          {searchLabel}
        </label>
        <Search aria-hidden="true" />
        <input
          id={id}
          ref={field}
          type="search"
          className="input"
          placeholder={searchLabel}
          autoComplete="off"
          spellCheck={false}
          value={search}
          onChange={({ target }) => onSearch(target.value)}
        />
      </div>
      {sort !== undefined && <SortChoice {...sort} />}
      <span className={styles.matches}>{count}</span>
    </div>
  );
}

function SortChoice<T>({ columns, sorting, onSort }: SortProps<T>) {
  const choices = columns.flatMap(({ id, ascending, descending, downFirst }) => {
    const both = [
      { sorting: { column: id, descending: false }, label: ascending },
      { sorting: { column: id, descending: true }, label: descending },
    ];
    return downFirst === true ? both.reverse() : both;
  });
  const selected = choices.findIndex(
    (choice) => choice.sorting.column === sorting.column && choice.sorting.descending === sorting.descending,
  );
  return (
    <select
      className={`input ${styles.sortChoice}`}
      aria-label={m.list_sort_by()}
      value={selected}
      onChange={({ target }) => {
        const choice = choices[Number(target.value)];
        if (choice !== undefined) onSort(choice.sorting);
      }}
    >
      {choices.map(({ label }, index) => (
        <option key={label} value={index}>
          {label}
        </option>
      ))}
    </select>
  );
}
