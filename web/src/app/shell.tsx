import type { ReactNode } from "react";
import { Link } from "wouter";
import { m } from "@/messages/messages";
import { type Brand, brand } from "@/shared/brand";
import { addressOf } from "@/shared/public-path";
import styles from "./shell.module.css";

/**
 * The frame around every page: ribbon, header, content, footer. The document has the same frame until the script has
 * run (api/pages/document.html), so the two must look alike.
 */
export function Shell(props: { account?: ReactNode; window?: boolean; children: ReactNode }) {
  const look = brand();
  return (
    <div className="frame">
      <a className={styles.skipLink} href="#content">
        {m.app_skip()}
      </a>
      {look.sandbox && (
        <aside className="frame-ribbon" aria-label={m.app_sandbox_name()}>
          {m.app_sandbox_explanation()}
        </aside>
      )}
      <header className="frame-header">
        {props.window === true ? (
          // The login window has one purpose; a link out of it would open the page a second time in there.
          <span className="frame-brand">
            <Logo look={look} />
          </span>
        ) : (
          <Link href="/" className="frame-brand">
            <Logo look={look} />
          </Link>
        )}
        {props.account}
      </header>
      <main id="content" className="frame-content" tabIndex={-1}>
        {props.children}
      </main>
      <Footer look={look} window={props.window === true} />
    </div>
  );
}

function Logo({ look }: { look: Brand }) {
  return (
    <>
      <picture>
        {look.darkLogo !== "" && <source srcSet={look.darkLogo} media="(prefers-color-scheme: dark)" />}
        <img src={look.logo} alt={look.wide ? look.name : ""} width={look.width} height="28" />
      </picture>
      {!look.wide && <span>{look.name}</span>}
    </>
  );
}

/** The partner's links. In the login window they open beside it, so that the login is not lost. */
function Footer({ look, window }: { look: Brand; window: boolean }) {
  const links = [
    { text: look.name, href: look.product },
    { text: m.app_support(), href: look.support },
    { text: m.app_privacy(), href: look.privacy },
  ];
  const beside = window ? { target: "_blank", rel: "noreferrer" } : {};
  return (
    <footer className="frame-footer">
      {links.map(
        ({ text, href }) =>
          href !== "" && (
            <a key={text} href={href} {...beside}>
              {text}
            </a>
          ),
      )}
      {/* For developers: users of a partner's product have no use for it. */}
      {look.sandbox && !window && <a href={addressOf("/api/v1/docs")}>{m.app_api_reference()}</a>}
    </footer>
  );
}
