import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { addressOf } from "@/shared/public-path";
import { configQuery } from "@/shared/session/config";
import icon from "./icon.svg";
import styles from "./shell.module.css";

/** The frame around every page: ribbon, header, content, footer. */
export function Shell(props: { account?: ReactNode; window?: boolean; children: ReactNode }) {
  const config = useQuery(configQuery).data;

  const brand = (
    <>
      <img src={icon} alt="" width="28" height="28" />
      <span>{config?.app_name ?? "Upstash Connect"}</span>
    </>
  );
  return (
    <div className={styles.shell}>
      <a className={styles.skipLink} href="#content">
        Skip to content
      </a>
      {config?.sandbox === true && (
        <aside className={styles.ribbon} aria-label="Sandbox">
          Sandbox: nothing here is real
        </aside>
      )}
      <header className={styles.shellHeader}>
        {props.window === true ? (
          // The login window has one purpose; a link out of it would open the page a second time in there.
          <span className={styles.brand}>{brand}</span>
        ) : (
          <Link href="/" className={styles.brand}>
            {brand}
          </Link>
        )}
        {props.account}
      </header>
      <main id="content" className={styles.shellContent} tabIndex={-1}>
        {props.children}
      </main>
      <footer className={styles.shellFooter}>
        <span>Powered by Upstash Connect</span>
        {props.window !== true && <a href={addressOf("/api/v1/docs")}>API documentation</a>}
      </footer>
    </div>
  );
}
