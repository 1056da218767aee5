import { m } from "@/messages/messages";
import type { ApiProblem } from "@/shared/api/problem";
import { wordsFor } from "@/shared/api/problem-words";
import type { LeftoverKey } from "@/shared/api/types";
import { ConsoleLink } from "@/shared/keys/console-link";
import { LeftoverKeyList } from "@/shared/keys/leftover-key-list";
import { Notice } from "@/shared/page/notice";
import { RequestId } from "@/shared/problem/request-id";
import { useConsoleUrl } from "@/shared/session/config";
import { Countdown } from "@/shared/ui/countdown";
import { LeaveButton } from "./leave-button";
import styles from "./login-window.module.css";
import { startOver, type WindowContext } from "./window-context";

interface Props {
  problem: ApiProblem;
  context: WindowContext;
  /** Present when the same login may be tried once more. */
  onRepeat?: () => void;
}

/** Problems that another account may not have. */
const ofTheAccount = ["email_unusable", "mint_refused", "account_type_unsupported", "upstash_key_limit"];

/** Our server did not take the login. */
export function ProblemView({ problem, context, onRepeat }: Props) {
  const { title, text } = wordsFor(problem);
  return (
    <Notice title={title}>
      <p>{text}</p>
      {problem.code === "upstash_key_limit" && <Room keys={problem.leftoverKeys} />}
      {onRepeat !== undefined && problem.retryAfter !== undefined && (
        <Countdown
          key={problem.requestId}
          seconds={problem.retryAfter}
          label={m.login_retry_countdown()}
          onZero={onRepeat}
        />
      )}
      <div className="actions">
        {onRepeat !== undefined && (
          <button type="button" className="button button-primary" onClick={onRepeat}>
            {m.login_try_again()}
          </button>
        )}
        <button
          type="button"
          className={onRepeat === undefined ? "button button-primary" : "button"}
          onClick={() => startOver(context)}
        >
          {m.login_start_again()}
        </button>
        {ofTheAccount.includes(problem.code) && (
          <button type="button" className="button" onClick={() => startOver(context, { otherAccount: true })}>
            {m.login_use_another_account()}
          </button>
        )}
        <LeaveButton context={context} />
      </div>
      <RequestId problem={problem} />
    </Notice>
  );
}

function Room(props: { keys: readonly LeftoverKey[] }) {
  const consoleUrl = useConsoleUrl();
  if (props.keys.length === 0) return <ConsoleLink url={consoleUrl} />;
  return (
    <section className={styles.loginRoom} aria-label={m.login_room_name()}>
      <p>{m.login_room_explanation()}</p>
      <LeftoverKeyList keys={props.keys} />
    </section>
  );
}
