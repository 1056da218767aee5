import type { ReactNode } from "react";

export interface Listed {
  id: string;
}

/** One column of a list. */
export interface Column<T> {
  id: string;
  title: string;
  /** How much room it has on a wide screen. The column of names gets what the others leave. */
  width: "small" | "medium" | "large";
  /** What rows are sorted by. Rows with null come last in both directions. */
  value: (item: T) => string | number | null;
  cell: (item: T) => ReactNode;
  /** The two directions, as a choice of a narrow screen names them. */
  ascending: string;
  descending: string;
  /** The first press on the column's heading sorts downwards, as for times. */
  downFirst?: boolean;
  /** On a narrow screen the cell is at the end of a line. */
  corner?: boolean;
}

export interface Sorting {
  column: string;
  descending: boolean;
}
