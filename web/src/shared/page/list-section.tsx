import { type ReactNode, useId } from "react";
import { Count } from "./count";
import styles from "./list-section.module.css";

interface Props {
  title: string;
  /** How many there are, once that is known. */
  count: number | undefined;
  /** The button to create one. */
  action?: ReactNode;
  children: ReactNode;
}

/** One kind of things on a page that lists several. */
export function ListSection({ title, count, action, children }: Props) {
  const heading = useId();
  return (
    <section className={styles.section} aria-labelledby={heading}>
      <div className={styles.head}>
        <h2 id={heading}>
          {title} {count !== undefined && <Count count={count} />}
        </h2>
        {action}
      </div>
      {children}
    </section>
  );
}
