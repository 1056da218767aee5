import type { UseMutationResult } from "@tanstack/react-query";
import { type FormEvent, useEffect, useEffectEvent, useRef, useState } from "react";
import { ApiProblem } from "@/shared/api/problem";
import type { FieldFault } from "@/shared/api/types";
import { type FormErrors, hasErrors, noErrors, withoutErrorsOf } from "./form-errors";

/** How often in a row a form retries a rate-limited create automatically. */
const maxRetries = 3;

interface Options<Draft, Body, Created> {
  initial: Draft;
  /** The fields in display order: the first invalid one gets the focus. */
  fields: readonly (keyof Draft & string)[];
  /** Finds the errors that need no request. */
  check: (draft: Draft) => FormErrors<keyof Draft & string>;
  errorsFromServer: (found: readonly FieldFault[]) => FormErrors<keyof Draft & string>;
  toRequest: (draft: Draft) => Body;
  /** Sends the request, with the same idempotency key for the same values. */
  create: UseMutationResult<Created, Error, Body>;
  onCreated: (created: Created) => void;
}

/**
 * The state of a form that creates something: what was entered, the errors of each field, and the request. A create
 * whose outcome is uncertain is sent again unchanged, so the server can report what became of it.
 */
export function useCreateForm<Draft extends object, Body, Created>(options: Options<Draft, Body, Created>) {
  type Errors = FormErrors<keyof Draft & string>;
  const { fields, check, errorsFromServer, toRequest, create, onCreated } = options;
  const [draft, setDraft] = useState(options.initial);
  const [errors, setErrors] = useState<Errors>(noErrors);
  const [reports, setReports] = useState(0);
  const [retries, setRetries] = useState(0);
  const form = useRef<HTMLFormElement>(null);

  const focusFirstInvalid = useEffectEvent(() => {
    const field = fields.find((each) => errors.byField[each] !== undefined);
    if (field !== undefined) form.current?.querySelector<HTMLElement>(`[data-field="${field}"]`)?.focus();
  });
  // Only when errors are reported: correcting a field removes its error and must not move the focus.
  useEffect(() => {
    if (reports > 0) focusFirstInvalid();
  }, [reports]);

  const report = (found: Errors) => {
    setErrors(found);
    setReports((before) => before + 1);
  };

  const change = (part: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...part }));
    setErrors((before) => withoutErrorsOf(Object.keys(part), before));
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending) return;
    const local = check(draft);
    report(local);
    if (hasErrors(local)) {
      create.reset();
      return;
    }
    setRetries(0);
    send(toRequest(draft));
  };

  const send = (request: Body) => {
    create.mutate(request, {
      onSuccess: onCreated,
      onError: (error) => {
        if (error instanceof ApiProblem) report(errorsFromServer(error.errors));
      },
    });
  };

  const { error: failure, variables } = create;
  // After a rate limit the form retries the same request with the same idempotency key. Changed values are a new request,
  // which only the user may send.
  const unchanged = JSON.stringify(toRequest(draft)) === JSON.stringify(variables);
  const retriesAutomatically =
    failure instanceof ApiProblem && failure.isLimit && unchanged && retries < maxRetries;
  const retry = () => {
    setRetries(retries + 1);
    if (variables !== undefined) send(variables);
  };

  return {
    draft,
    errors,
    change,
    /** For the form element. */
    form: { ref: form, noValidate: true, onSubmit: submit },
    /** For FormSummary. */
    summary: { errors, failure, ...(retriesAutomatically ? { onWaited: retry } : {}) },
    pending: create.isPending,
  };
}
