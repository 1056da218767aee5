import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "wouter";
import { m } from "@/messages/messages";
import type { Column, Listed, Sorting } from "./column";
import styles from "./list-table.module.css";

interface Props<T extends Listed> {
  caption: string;
  rows: readonly T[];
  columns: readonly [Column<T>, ...Column<T>[]];
  hrefOf: (item: T) => string;
  sorting: Sorting;
  /** undefined where the headings are not on the screen. */
  onSort: ((sorting: Sorting) => void) | undefined;
  action: ((item: T) => ReactNode) | undefined;
  created: string | undefined;
}

/** A table on wide screens, with one line for each row. On narrow ones a row has its cells below one another. */
export function ListTable<T extends Listed>(props: Props<T>) {
  const { rows, columns, sorting, onSort, action } = props;
  const [names, ...others] = columns;
  return (
    // The roles are explicit because narrow screens use display: grid, which removes the implicit roles of a table.
    // biome-ignore-start lint/a11y/noRedundantRoles: see above
    <table className={styles.table} role="table">
      <caption className="visually-hidden">{props.caption}</caption>
      <thead role="rowgroup" className="visually-hidden">
        <tr role="row">
          {columns.map((column) => (
            <Heading key={column.id} column={column} sorting={sorting} onSort={onSort} />
          ))}
          {action !== undefined && (
            <th scope="col" role="columnheader" className={styles.actions}>
              <span className="visually-hidden">{m.list_actions()}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((item) => {
          const isNew = item.id === props.created;
          return (
            <tr key={item.id} role="row" className={isNew ? styles.created : undefined}>
              <th scope="row" role="rowheader">
                <NameLink href={props.hrefOf(item)} name={String(names.value(item))} focus={isNew}>
                  {names.cell(item)}
                </NameLink>
              </th>
              {others.map(({ id, cell, corner }) => (
                <td key={id} role="cell" className={corner === true ? styles.corner : undefined}>
                  {cell(item)}
                </td>
              ))}
              {action !== undefined && (
                <td role="cell" className={styles.actions}>
                  {action(item)}
                </td>
              )}
            </tr>
          );
        })}
      </tbody>
    </table>
    // biome-ignore-end lint/a11y/noRedundantRoles: see above
  );
}

interface HeadingProps<T> {
  column: Column<T>;
  sorting: Sorting;
  onSort: ((sorting: Sorting) => void) | undefined;
}

/** A heading that sorts by its column, and back when it is pressed again. */
function Heading<T>({ column, sorting, onSort }: HeadingProps<T>) {
  const { id, title, width, downFirst = false } = column;
  const current = sorting.column === id;
  const descending = current ? !sorting.descending : downFirst;
  return (
    <th
      scope="col"
      // biome-ignore lint/a11y/noRedundantRoles: as in the table
      role="columnheader"
      className={styles[width]}
      aria-sort={current ? (sorting.descending ? "descending" : "ascending") : undefined}
    >
      {onSort === undefined ? (
        title
      ) : (
        <button type="button" className={styles.sort} onClick={() => onSort({ column: id, descending })}>
          {title}
          <span className={styles.direction}>
            {current &&
              (sorting.descending ? <ArrowDown aria-hidden="true" /> : <ArrowUp aria-hidden="true" />)}
          </span>
        </button>
      )}
    </th>
  );
}

function NameLink(props: { href: string; name: string; focus: boolean; children: ReactNode }) {
  const link = useRef<HTMLAnchorElement>(null);
  const { focus } = props;

  useEffect(() => {
    if (focus) link.current?.focus();
  }, [focus]);

  return (
    <Link href={props.href} ref={link} title={props.name}>
      {props.children}
    </Link>
  );
}
