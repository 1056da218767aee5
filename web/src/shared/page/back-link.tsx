import { ArrowLeft } from "lucide-react";
import { Link } from "wouter";
import { m } from "@/messages/messages";
import styles from "./page.module.css";

export function BackLink() {
  return (
    <Link href="/" className={styles.backLink}>
      <ArrowLeft aria-hidden="true" /> {m.page_back_to_databases()}
    </Link>
  );
}
