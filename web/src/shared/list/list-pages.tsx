import { ChevronLeft, ChevronRight } from "lucide-react";
import { m } from "@/messages/messages";
import styles from "./list.module.css";

interface Props {
  page: number;
  pages: number;
  /** Which of the items are on the page: "51–100 of 500". */
  range: string;
  onPage: (page: number) => void;
}

/** The buttons below a list that has more than one page. At an end they stay in place, so that they keep the focus. */
export function ListPages({ page, pages, range, onPage }: Props) {
  const first = page === 0;
  const last = page === pages - 1;
  return (
    <nav className={styles.pages} aria-label={m.list_pages()}>
      <p className="hint">{range}</p>
      <div className="actions">
        <button
          type="button"
          className="button button-small"
          aria-disabled={first}
          onClick={() => !first && onPage(page - 1)}
        >
          <ChevronLeft aria-hidden="true" /> {m.list_previous()}
        </button>
        <span className="hint">{m.list_page({ page: page + 1, pages })}</span>
        <button
          type="button"
          className="button button-small"
          aria-disabled={last}
          onClick={() => !last && onPage(page + 1)}
        >
          {m.list_next()} <ChevronRight aria-hidden="true" />
        </button>
      </div>
    </nav>
  );
}
