import { CircleCheck, TriangleAlert } from "lucide-react";
import { m } from "@/messages/messages";
import { getLocale } from "@/messages/runtime";
import type { Database, PingResult } from "@/shared/api/types";
import { brand } from "@/shared/brand";
import { useCatalog } from "@/shared/catalog/catalog";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { usePing, useReadAgain } from "./api";
import styles from "./connection-test.module.css";

const statusPage = "https://status.upstash.com/";

/**
 * Tests the connection. The page may call no other host than its own server (api/headers.go), so the server makes the
 * test. An installation that reveals no credentials does not use them for a test either.
 */
export function ConnectionTest({ database }: { database: Database }) {
  const catalog = useCatalog().data;
  const ping = usePing(database.id);
  const disabled = catalog?.operations.every(({ name }) => name !== "redis.credentials") ?? false;
  if (disabled) return null;
  return (
    <div className={styles.test}>
      <button
        type="button"
        className="button"
        aria-disabled={ping.isPending}
        // Each test is recorded, so a second press during the first test makes none.
        onClick={() => !ping.isPending && ping.mutate()}
      >
        {m.databases_test_run()}
      </button>
      <div className={styles.outcome}>
        <div role="status">
          {ping.isPending && <p className="hint">{m.databases_test_running()}</p>}
          {ping.isSuccess && <Outcome result={ping.data} />}
        </div>
        {ping.isIdle && <p className="hint">{m.databases_test_hint({ app: brand().name })}</p>}
        {ping.isSuccess && isState(ping.data.reason) && <ShowState id={database.id} />}
        {ping.error !== null && <ProblemNotice error={ping.error} />}
      </div>
    </div>
  );
}

function Outcome({ result }: { result: PingResult }) {
  if (!result.reachable) {
    return (
      <p className={styles.failed}>
        <TriangleAlert aria-hidden="true" />{" "}
        <span>
          {failure(result.reason)} {perhapsUpstash.has(result.reason ?? "") && <StatusPage />}
        </span>
      </p>
    );
  }
  const time = (result.latency_ms ?? 0).toLocaleString(getLocale());
  return (
    <p className={styles.reached}>
      <CircleCheck aria-hidden="true" /> <span>{m.databases_test_reached({ app: brand().name, time })}</span>
    </p>
  );
}

const failures: Readonly<Record<string, (names: { app: string }) => string>> = {
  suspended: m.databases_test_suspended,
  not_active: m.databases_test_not_active,
  address_not_allowed: m.databases_test_address_not_allowed,
  name_not_resolved: m.databases_test_name_not_resolved,
  connection_failed: m.databases_test_connection_failed,
  timeout: m.databases_test_timeout,
  tls_failed: m.databases_test_tls_failed,
  proxy_failed: m.databases_test_proxy_failed,
  token_rejected: m.databases_test_token_rejected,
  command_rejected: m.databases_test_command_rejected,
  unexpected_answer: m.databases_test_unexpected_answer,
};

/** A reason in words. The server may have reasons that this page does not know. */
function failure(reason = ""): string {
  return (failures[reason] ?? m.databases_test_failed)({ app: brand().name });
}

const perhapsUpstash: ReadonlySet<string> = new Set([
  "name_not_resolved",
  "connection_failed",
  "timeout",
  "unexpected_answer",
]);

/** What Upstash is doing about it, if the fault is not the database's alone. */
function StatusPage() {
  return (
    <a href={statusPage} target="_blank" rel="noreferrer">
      {m.databases_test_status_page()}
      <span className="visually-hidden"> {m.databases_new_tab()}</span>
    </a>
  );
}

/** Whether the reason is a state of the database, which the page explains where it shows the database. */
function isState(reason: string | undefined): boolean {
  return reason === "suspended" || reason === "not_active";
}

function ShowState({ id }: { id: string }) {
  const readAgain = useReadAgain(id);
  // What the page then shows is in place of this card, and of the button that has the focus.
  const show = () => void readAgain().then(() => document.querySelector("h1")?.focus());
  return (
    <button type="button" className="button button-small" onClick={show}>
      {m.databases_test_show_state()}
    </button>
  );
}
