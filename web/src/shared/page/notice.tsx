import styles from "./notice.module.css";
import { PageHeading } from "./page-heading";

/** A whole page that has one thing to say. */
export function Notice(props: { title: string; children: React.ReactNode }) {
  return (
    <section className={styles.notice}>
      <PageHeading title={props.title} />
      {props.children}
    </section>
  );
}
