import { ArrowLeft } from "lucide-react";
import { Link } from "wouter";
import { m } from "@/messages/messages";
import { PageHeading } from "@/shared/page/page-heading";
import styles from "./access-page.module.css";
import { Activity } from "./activity";
import { GrantList } from "./grant-list";

/** Shows which services have access to the account, and its recent activity. */
export function AccessPage() {
  return (
    <div className={styles.page}>
      <Link href="/" className={styles.backLink}>
        <ArrowLeft aria-hidden="true" /> {m.access_databases()}
      </Link>
      <PageHeading title={m.access_heading()} />
      <GrantList />
      <Activity />
    </div>
  );
}
