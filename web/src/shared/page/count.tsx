import { getLocale } from "@/messages/runtime";
import styles from "./count.module.css";

/** How many there are, beside a heading. */
export function Count({ count }: { count: number }) {
  return <span className={styles.count}>{count.toLocaleString(getLocale())}</span>;
}
