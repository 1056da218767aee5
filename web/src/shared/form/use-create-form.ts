import type { UseMutationResult } from "@tanstack/react-query";
import { type FormEvent, useEffect, useEffectEvent, useRef, useState } from "react";
import { ApiProblem } from "@/shared/api/problem";
import type { FieldFault } from "@/shared/api/types";
import { useDebouncedAnnouncement } from "@/shared/ui/debounced-announcement";
import { type FormErrors, hasErrors, noErrors, withoutErrorsOf } from "./form-errors";
import type { InvalidField } from "./form-summary";

/** How often in a row a form retries a rate-limited create automatically. */
const maxRetries = 3;

interface Options<Draft, Body, Created> {
  initial: Draft;
  /** The fields in display order, each with its label. */
  labels: Readonly<Record<keyof Draft & string, string>>;
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
  type Field = keyof Draft & string;
  type Errors = FormErrors<Field>;
  const { labels, check, errorsFromServer, toRequest, create, onCreated } = options;
  const fields = Object.keys(labels) as Field[];
  const [draft, setDraft] = useState(options.initial);
  const [errors, setErrors] = useState<Errors>(noErrors);
  const [left, setLeft] = useState<ReadonlySet<Field>>(new Set());
  const [reports, setReports] = useState(0);
  const [retries, setRetries] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  const summary = useRef<HTMLDivElement>(null);

  const focusSummary = useEffectEvent(() => {
    if (fields.some((field) => errors.byField[field] !== undefined)) summary.current?.focus();
  });
  // Only when errors are reported: correcting a field removes its error and must not move the focus.
  useEffect(() => {
    if (reports > 0) focusSummary();
  }, [reports]);

  // A field that the user has left is checked while they change it. An empty one has no error before the form is sent.
  const found = check(draft).byField;
  const whileTyping: Errors["byField"] = {};
  for (const field of fields) {
    if (left.has(field) && draft[field] !== "" && errors.byField[field] === undefined) {
      whileTyping[field] = found[field];
    }
  }
  useDebouncedAnnouncement(listInvalid(fields, labels, whileTyping).map(sentence).join(" "));

  const report = (found: Errors) => {
    setErrors(found);
    setReports((before) => before + 1);
  };

  const change = (part: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...part }));
    setErrors((before) => withoutErrorsOf(Object.keys(part), before));
  };

  const leave = (field: Field) =>
    setLeft((before) => (before.has(field) ? before : new Set(before).add(field)));

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
    change,
    /** What each field needs: its value, its error, and what to call. */
    field: <F extends Field>(field: F) => ({
      value: draft[field],
      error: errors.byField[field] ?? whileTyping[field],
      onChange: (value: Draft[F]) => change({ [field]: value } as unknown as Partial<Draft>),
      onLeave: () => leave(field),
    }),
    /** For the form element. */
    form: { ref: form, noValidate: true, onSubmit: submit },
    /** For FormSummary. */
    summary: {
      ref: summary,
      invalid: listInvalid(fields, labels, errors.byField),
      general: errors.general,
      failure,
      onGoTo: (field: string) => form.current?.querySelector<HTMLElement>(`[data-field="${field}"]`)?.focus(),
      ...(retriesAutomatically ? { onWaited: retry } : {}),
    },
    pending: create.isPending,
  };
}

function listInvalid<Field extends string>(
  fields: readonly Field[],
  labels: Readonly<Record<Field, string>>,
  byField: Partial<Record<Field, string>>,
): InvalidField[] {
  return fields.flatMap((field) => {
    const error = byField[field];
    return error === undefined ? [] : [{ field, label: labels[field], error }];
  });
}

const sentence = ({ label, error }: InvalidField) => `${label}: ${error}`;
