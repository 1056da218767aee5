import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { addressOf } from "@/shared/public-path";
import { configQuery } from "@/shared/session/config";
import icon from "./icon.svg";
import "./shell.css";

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
    <div className="shell">
      <a className="skip-link" href="#content">
        Skip to content
      </a>
      {config?.sandbox === true && (
        <aside className="ribbon" aria-label="Sandbox">
          Sandbox: nothing here is real
        </aside>
      )}
      <header className="shell-header">
        {props.window === true ? (
          // The login window has one purpose; a link out of it would open the page a second time in there.
          <span className="brand">{brand}</span>
        ) : (
          <Link href="/" className="brand">
            {brand}
          </Link>
        )}
        {props.account}
      </header>
      <main id="content" className="shell-content" tabIndex={-1}>
        {props.children}
      </main>
      <footer className="shell-footer">
        Powered by Upstash Connect
        {props.window !== true && (
          <>
            {" · "}
            <a href={addressOf("/api/v1/docs")}>API documentation</a>
          </>
        )}
      </footer>
    </div>
  );
}
