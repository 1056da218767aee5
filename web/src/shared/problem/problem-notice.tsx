import { useRef } from "react";
import { Link } from "wouter";
import { m } from "@/messages/messages";
import { ApiProblem } from "@/shared/api/problem";
import { wordsFor } from "@/shared/api/problem-words";
import { Countdown } from "@/shared/ui/countdown";
import { useKeptFocus } from "@/shared/ui/use-kept-focus";
import styles from "./problem-notice.module.css";
import { RequestId } from "./request-id";

interface Props {
  error: unknown;
  /** Asks again, at the press of a button. */
  onRetry?: () => void;
  /** Asks again after a wait that the server named: `onRetry`, unless given. With null only the button does. */
  onWaited?: (() => void) | null;
}

/** A failed call inside a page: what happened, the request number, and the way on. */
export function ProblemNotice({ error, onRetry, onWaited = onRetry ?? null }: Props) {
  const notice = useRef<HTMLDivElement>(null);
  useKeptFocus(notice);
  const problem = asProblem(error);
  const { title, text } = wordsFor(problem);
  const wait = problem.retryAfter;
  // Asking again for what is not there would only be refused again.
  const gone = problem.code.endsWith("_not_found");
  return (
    <div
      ref={notice}
      className={problem.isLimit ? `${styles.problem} ${styles.problemCalm}` : styles.problem}
    >
      <div role="alert">
        <h2>{title}</h2>
        <p>{text}</p>
      </div>
      {wait !== undefined && (onWaited !== null || problem.isLimit) && (
        // A new failure is a new wait, even if it has the same length.
        <Countdown
          key={problem.requestId}
          seconds={wait}
          {...(onWaited === null
            ? { label: m.problem_can_retry_in() }
            : { label: m.problem_retrying_in(), onZero: onWaited })}
        />
      )}
      {gone && (
        <Link href="/" className="button">
          {m.problem_go_to_databases()}
        </Link>
      )}
      {onRetry !== undefined && !gone && (
        <button type="button" className="button" onClick={onRetry}>
          {m.problem_retry()}
        </button>
      )}
      <RequestId problem={problem} />
    </div>
  );
}

/** Wraps whatever was thrown, so that a fault of our own also gets words instead of a blank page. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  return new ApiProblem({
    code: "page_fault",
    status: 0,
    title: m.problem_page_fault_title(),
  });
}
