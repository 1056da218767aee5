import { ApiProblem } from "@/shared/api/problem";
import { wordsFor } from "@/shared/api/problem-words";
import { asProblem } from "@/shared/problem/problem-notice";
import problemStyles from "@/shared/problem/problem-notice.module.css";
import { RequestId } from "@/shared/problem/request-id";
import { Countdown } from "@/shared/ui/countdown";
import { type FormErrors, invalidFields } from "./form-errors";

interface Props {
  errors: FormErrors<string>;
  /** The error of the last request, if it failed. */
  failure: Error | null;
  /** Sends the form again after the wait. Without it, the user does. */
  onWaited?: () => void;
}

/** Explains why the form was not accepted, and announces it to screen readers. */
export function FormSummary({ errors, failure, onWaited }: Props) {
  const count = invalidFields(errors).length;
  // The server's problem is out of date once the user has changed every field that it named.
  const corrected = failure instanceof ApiProblem && failure.errors.length > 0;
  if (count === 0 && errors.general.length === 0 && (failure === null || corrected)) return null;

  const problem = failure === null ? undefined : asProblem(failure);
  // The fields show their own errors. The text of the problem would only repeat them.
  const words = problem === undefined || count > 0 ? undefined : wordsFor(problem);
  return (
    <div
      className={
        problem?.isLimit ? `${problemStyles.problem} ${problemStyles.problemCalm}` : problemStyles.problem
      }
    >
      <div role="alert">
        <h2>{words?.title ?? (count === 1 ? "One field is invalid" : "Some fields are invalid")}</h2>
        {words !== undefined && words.text !== "" && <p>{words.text}</p>}
        {errors.general.map((detail) => (
          <p key={detail}>{detail}</p>
        ))}
      </div>
      {problem?.retryAfter !== undefined && (
        <Countdown
          key={problem.requestId}
          seconds={problem.retryAfter}
          {...(onWaited === undefined
            ? { label: "You can try again in" }
            : { label: "Retrying automatically in", onZero: onWaited })}
        />
      )}
      {problem instanceof ApiProblem && <RequestId problem={problem} />}
    </div>
  );
}
