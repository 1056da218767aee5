import { getLocale } from "@/messages/runtime";
import type { Column, Listed, Sorting } from "./column";

/** The rows of one page. */
export const pageSize = 50;

/** What the user has chosen to see of a list. */
export interface ListView {
  search: string;
  sorting: Sorting;
  /** Counted from 0. */
  page: number;
}

export interface Arranged<T> {
  /** The rows of the page. */
  rows: T[];
  /** How many match the search. */
  matches: number;
  /** The page that is shown. It differs from the chosen one if the list has become shorter. */
  page: number;
  pages: number;
}

/** Finds, sorts and divides into pages. A search looks at `textsOf` an item and at the beginning of its id. */
export function arrange<T extends Listed>(
  items: readonly T[],
  view: ListView,
  columns: readonly Column<T>[],
  textsOf: (item: T) => readonly string[],
): Arranged<T> {
  const found = items.filter(matcher(view.search, textsOf));
  const sorted = sort(found, view.sorting, columns);

  const pages = Math.max(1, Math.ceil(sorted.length / pageSize));
  const page = Math.min(view.page, pages - 1);
  const rows = sorted.slice(page * pageSize, (page + 1) * pageSize);
  return { rows, matches: sorted.length, page, pages };
}

/** Every word of the search has to be in one of the texts, or begin the id: any digit is somewhere in an id. */
export function matcher<T extends Listed>(
  search: string,
  textsOf: (item: T) => readonly string[],
): (item: T) => boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return (item) => {
    const texts = textsOf(item).map((text) => text.toLowerCase());
    const id = item.id.toLowerCase();
    return words.every((word) => id.startsWith(word) || texts.some((text) => text.includes(word)));
  };
}

/** Rows that are equal in the column are in the order of the first column, the names, and then of their ids. */
function sort<T extends Listed>(items: T[], sorting: Sorting, columns: readonly Column<T>[]): T[] {
  const column = columns.find(({ id }) => id === sorting.column);
  const names = columns[0];
  const { compare } = new Intl.Collator(getLocale(), { numeric: true });
  const direction = sorting.descending ? -1 : 1;

  const difference = (a: string | number | null, b: string | number | null, sign: number): number => {
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    return sign * (typeof a === "number" && typeof b === "number" ? a - b : compare(String(a), String(b)));
  };
  return items.sort(
    (a, b) =>
      (column && difference(column.value(a), column.value(b), direction)) ||
      (names && difference(names.value(a), names.value(b), 1)) ||
      compare(a.id, b.id),
  );
}
