import { Component, type ReactNode } from "react";
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
      <main className={styles.notice}>
        <h1>Something went wrong on this page</h1>
        <p>Reloading usually helps. Nothing in your account was changed.</p>
        <button type="button" className="button button-primary" onClick={() => window.location.reload()}>
          Reload
        </button>
      </main>
    );
  }
}
