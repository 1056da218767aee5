import { ApiProblem } from "@/shared/api/problem";
import { wordsFor } from "@/shared/api/problem-words";
import { Countdown } from "@/shared/ui/countdown";
import { asProblem } from "@/shared/ui/problem-notice";
import { RequestId } from "@/shared/ui/request-id";
import { type Faults, fields } from "./create-fields";

interface Props {
  faults: Faults;
  error: Error | null;
  /** Sends the form again after the wait; without it, that is left to the user. */
  onWaited?: () => void;
}

/** Says in one place, and aloud, why the form was not accepted. */
export function FormSummary({ faults, error, onWaited }: Props) {
  const count = fields.filter((field) => faults.byField[field] !== undefined).length;
  // Once every field the server named has been changed, its complaint is out of date.
  const mended = error instanceof ApiProblem && error.errors.length > 0;
  if (count === 0 && faults.general.length === 0 && (error === null || mended)) return null;

  const problem = error === null ? undefined : asProblem(error);
  // Field faults speak for themselves; the problem's own words would only repeat them.
  const words = problem === undefined || count > 0 ? undefined : wordsFor(problem);
  return (
    <div className={problem?.isLimit ? "problem problem-calm" : "problem"}>
      <div role="alert">
        <h2>
          {words?.title ?? (count === 1 ? "One value needs another look" : "Some values need another look")}
        </h2>
        {words !== undefined && words.text !== "" && <p>{words.text}</p>}
        {faults.general.map((detail) => (
          <p key={detail}>{detail}</p>
        ))}
      </div>
      {problem?.retryAfter !== undefined && (
        <Countdown
          key={problem.requestId}
          seconds={problem.retryAfter}
          {...(onWaited === undefined
            ? { label: "You can try again in" }
            : { label: "It is sent again by itself in", onZero: onWaited })}
        />
      )}
      {problem instanceof ApiProblem && <RequestId problem={problem} />}
    </div>
  );
}
