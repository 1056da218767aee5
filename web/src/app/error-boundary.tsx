import { Component, type ReactNode } from "react";
import { m } from "@/messages/messages";
import styles from "@/shared/page/notice.module.css";

/** Catches errors in the page's own code. LazyComponent reports a file that fails to load. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="frame-content">
        <section className={styles.notice}>
          <h1>{m.app_crashed_title()}</h1>
          <p>{m.app_crashed_explanation()}</p>
          <button type="button" className="button button-primary" onClick={() => window.location.reload()}>
            {m.app_reload()}
          </button>
        </section>
      </main>
    );
  }
}
