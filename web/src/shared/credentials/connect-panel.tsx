import type { UseMutationResult } from "@tanstack/react-query";
import { Eye, EyeOff } from "lucide-react";
import { type ReactNode, useEffect, useEffectEvent, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { m } from "@/messages/messages";
import { ApiProblem } from "@/shared/api/problem";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useAnnounce } from "@/shared/ui/announcer";
import styles from "./connect-panel.module.css";
import { type Unattended, useUnattended } from "./unattended";

const reasons: Record<Unattended, () => string> = {
  session: m.credentials_hidden_session,
  unseen: m.credentials_hidden_unseen,
};

interface Props<Credentials> {
  /** A mutation and not a query: it is audited, and its answer must stay in no cache. */
  reveal: UseMutationResult<Credentials, Error, void>;
  /** What the secrets give access to, and who may see the reveal. */
  hint: string;
  /** Whether the credentials were just replaced, so that what the user has noted is out of date. */
  replaced?: boolean | undefined;
  /** What the user connects with: with masked secrets before the reveal, which gives undefined. */
  children: (credentials: Credentials | undefined, shown: boolean) => ReactNode;
}

/**
 * How to use a resource. It fetches the credentials when the user presses a button. Hiding them or leaving the page
 * discards them, and so does a page that nobody attends.
 */
export function ConnectPanel<Credentials>(props: Props<Credentials>) {
  const { reveal } = props;
  const [shown, setShown] = useState(false);
  const [why, setWhy] = useState<Unattended>();
  /** Which reveal is discarded. The mutation tells its component only in a later task. */
  const [discarded, setDiscarded] = useState<number>();
  const again = useBoundedRefetch(reveal.isSuccess, () => reveal.mutate());
  const announce = useAnnounce();
  const { reset } = reveal;
  const panel = useRef<HTMLElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const hadFocus = useRef(false);
  const credentials = reveal.submittedAt === discarded ? undefined : reveal.data;
  const revealed = credentials !== undefined;

  /** Takes the credentials off the page before it returns. */
  const discard = (reason?: Unattended) =>
    flushSync(() => {
      setShown(false);
      setWhy(reason);
      setDiscarded(reveal.submittedAt);
      reset();
    });

  const onPageHide = useEffectEvent(() => discard());
  useEffect(() => {
    // The back/forward cache keeps a page as it is after this event. The secrets must not be in it.
    window.addEventListener("pagehide", onPageHide);
    return () => window.removeEventListener("pagehide", onPageHide);
  }, []);

  useEffect(() => {
    // What had the focus is gone, so the focus moves to what replaced it.
    const lost = !panel.current?.contains(document.activeElement);
    if (!revealed && hadFocus.current && lost) button.current?.focus();
    hadFocus.current = false;
  }, [revealed]);

  const hide = (reason?: Unattended) => {
    // Safari gives no focus to a pressed button.
    hadFocus.current = reason === undefined || panel.current?.contains(document.activeElement) === true;
    discard(reason);
    announce(reason === undefined ? m.credentials_hidden() : reasons[reason]());
  };
  useUnattended(revealed ? reveal.submittedAt : undefined, hide);

  return (
    <section ref={panel} className={`card ${styles.panel}`} aria-labelledby="connect-heading">
      <h2 id="connect-heading">{m.credentials_heading()}</h2>
      {props.replaced === true && <Replaced />}
      {reveal.error !== null ? (
        <RevealProblem error={reveal.error} again={again} />
      ) : revealed ? (
        <Revealed shown={shown} onShow={setShown} onHide={() => hide()} />
      ) : (
        <div className={styles.bar}>
          <button
            ref={button}
            type="button"
            className="button button-primary"
            aria-disabled={reveal.isPending}
            // Each call is recorded, so a second press during the first call makes none.
            onClick={() => !reveal.isPending && again.now()}
          >
            <Eye aria-hidden="true" /> {reveal.isPending ? m.credentials_fetching() : m.credentials_reveal()}
          </button>
          {why !== undefined && <p className="hint">{reasons[why]()}</p>}
          <p className="hint">{props.hint}</p>
        </div>
      )}
      {props.children(credentials, shown && revealed)}
    </section>
  );
}

function Replaced() {
  const text = useRef<HTMLParagraphElement>(null);
  const announce = useAnnounce();

  useEffect(() => {
    text.current?.focus();
    announce(m.credentials_replaced());
  }, [announce]);

  return (
    <p ref={text} tabIndex={-1} className={styles.replaced}>
      {m.credentials_replaced()}
    </p>
  );
}

function RevealProblem({ error, again }: { error: Error; again: ReturnType<typeof useBoundedRefetch> }) {
  const { now, waited } = again;
  const final = error instanceof ApiProblem && error.code === "credentials_disabled";
  return <ProblemNotice error={error} {...(final ? {} : { onRetry: now, onWaited: waited })} />;
}

function Revealed(props: { shown: boolean; onShow: (shown: boolean) => void; onHide: () => void }) {
  const text = useRef<HTMLParagraphElement>(null);
  const announce = useAnnounce();

  useEffect(() => {
    text.current?.focus();
    announce(m.credentials_revealed());
  }, [announce]);

  return (
    <div className={styles.bar}>
      <button type="button" className="button" onClick={props.onHide}>
        <EyeOff aria-hidden="true" /> {m.credentials_hide()}
      </button>
      <label className="check">
        <input
          type="checkbox"
          checked={props.shown}
          onChange={(event) => props.onShow(event.target.checked)}
        />
        {m.credentials_show_secrets()}
      </label>
      <p className="hint" ref={text} tabIndex={-1}>
        {m.credentials_copy_hint()}
      </p>
    </div>
  );
}
