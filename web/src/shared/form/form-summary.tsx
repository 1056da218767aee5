import type { Ref } from "react";
import { m } from "@/messages/messages";
import { ApiProblem } from "@/shared/api/problem";
import { wordsFor } from "@/shared/api/problem-words";
import { asProblem } from "@/shared/problem/problem-notice";
import problemStyles from "@/shared/problem/problem-notice.module.css";
import { RequestId } from "@/shared/problem/request-id";
import { Countdown } from "@/shared/ui/countdown";
import { fieldId } from "./fields";
import styles from "./form.module.css";

/** An invalid field. */
export interface InvalidField {
  field: string;
  label: string;
  error: string;
}

interface Props {
  /** Takes the focus when fields are invalid. */
  ref: Ref<HTMLDivElement>;
  /** In display order. */
  invalid: readonly InvalidField[];
  /** The errors that belong to no field. */
  general: readonly string[];
  /** The error of the last request, if it failed. */
  failure: Error | null;
  onGoTo: (field: string) => void;
  /** Sends the form again after the wait. Without it, the user does. */
  onWaited?: () => void;
}

/** Explains why the form was not accepted, announces it to screen readers, and links to the invalid fields. */
export function FormSummary({ ref, invalid, general, failure, onGoTo, onWaited }: Props) {
  const count = invalid.length;
  // The server's problem is out of date once the user has changed every field that it named.
  const corrected = failure instanceof ApiProblem && failure.errors.length > 0;
  if (count === 0 && general.length === 0 && (failure === null || corrected)) return null;

  const problem = failure === null ? undefined : asProblem(failure);
  // The links have the errors of the fields. The text of the problem would only repeat them.
  const words = problem === undefined || count > 0 ? undefined : wordsFor(problem);
  return (
    <div
      ref={ref}
      tabIndex={-1}
      className={
        problem?.isLimit ? `${problemStyles.problem} ${problemStyles.problemCalm}` : problemStyles.problem
      }
    >
      <div role="alert">
        <h2>{words?.title ?? m.form_invalid_fields({ count })}</h2>
        {words !== undefined && words.text !== "" && <p>{words.text}</p>}
        {general.map((detail) => (
          <p key={detail}>{detail}</p>
        ))}
        {count > 0 && (
          <ul className={styles.invalid}>
            {invalid.map(({ field, label, error }) => (
              <li key={field}>
                <a
                  href={`#${fieldId(field)}`}
                  onClick={(event) => {
                    event.preventDefault(); // the address stays free of a fragment
                    onGoTo(field);
                  }}
                >
                  {label}: {error}
                </a>
              </li>
            ))}
          </ul>
        )}
      </div>
      {problem?.retryAfter !== undefined && (
        <Countdown
          key={problem.requestId}
          seconds={problem.retryAfter}
          {...(onWaited === undefined
            ? { label: m.form_retry_in() }
            : { label: m.form_retrying_in(), onZero: onWaited })}
        />
      )}
      {problem instanceof ApiProblem && <RequestId problem={problem} />}
    </div>
  );
}
