import { ArrowLeft } from "lucide-react";
import { Link } from "wouter";
import styles from "./page.module.css";

export function BackLink() {
  return (
    <Link href="/" className={styles.backLink}>
      <ArrowLeft aria-hidden="true" /> Databases
    </Link>
  );
}
