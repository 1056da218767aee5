import { type FormEvent, useEffect, useEffectEvent, useRef, useState } from "react";
import { ApiProblem } from "@/shared/api/problem";
import type { Catalog, CreateDatabase, Database } from "@/shared/api/types";
import { useCreateDatabase } from "./api";
import {
  checkDraft,
  type Draft,
  errorsFromServer,
  type Field,
  type FormErrors,
  firstInvalid,
  hasErrors,
  noErrors,
  withoutErrorsOf,
} from "./create-fields";
import styles from "./create-form.module.css";
import { NameField, PlanField, ReadRegionsField, RegionField } from "./form-fields";
import { FormSummary } from "./form-summary";

/** How often in a row the form retries a rate-limited create automatically. */
const maxRetries = 3;

interface Props {
  catalog: Catalog;
  onCreated: (database: Database) => void;
}

export function CreateForm({ catalog, onCreated }: Props) {
  const [draft, setDraft] = useState<Draft>({ name: "", primary_region: "", read_regions: [], plan: "" });
  const [errors, setErrors] = useState<FormErrors>(noErrors);
  const [reports, setReports] = useState(0);
  const [retries, setRetries] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  const create = useCreateDatabase();

  const focusFirstInvalid = useEffectEvent(() => {
    const field = firstInvalid(errors);
    if (field !== undefined) form.current?.querySelector<HTMLElement>(`[data-field="${field}"]`)?.focus();
  });
  // Only when errors are reported: correcting a field removes its error and must not move the focus.
  useEffect(() => {
    if (reports > 0) focusFirstInvalid();
  }, [reports]);

  const report = (found: FormErrors) => {
    setErrors(found);
    setReports((before) => before + 1);
  };

  const change = (part: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...part }));
    setErrors((before) => withoutErrorsOf(Object.keys(part) as Field[], before));
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending) return;
    const local = checkDraft(draft);
    report(local);
    if (hasErrors(local)) {
      create.reset();
      return;
    }
    setRetries(0);
    send(toRequest(draft, catalog));
  };

  const send = (request: CreateDatabase) => {
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
  const unchanged = JSON.stringify(toRequest(draft, catalog)) === JSON.stringify(variables);
  const retriesAutomatically =
    failure instanceof ApiProblem && failure.isLimit && unchanged && retries < maxRetries;
  const retry = () => {
    setRetries(retries + 1);
    if (variables !== undefined) send(variables);
  };

  const region = catalog.regions.find(({ id }) => id === draft.primary_region);
  return (
    <form ref={form} className={`card ${styles.form}`} noValidate onSubmit={submit}>
      <FormSummary errors={errors} failure={failure} {...(retriesAutomatically ? { onWaited: retry } : {})} />
      <NameField value={draft.name} error={errors.byField.name} onChange={(name) => change({ name })} />
      <RegionField
        catalog={catalog}
        value={draft.primary_region}
        error={errors.byField.primary_region}
        // Which read regions are available depends on the primary region.
        onChange={(primary_region) => change({ primary_region, read_regions: [] })}
      />
      {region !== undefined && (
        <ReadRegionsField
          catalog={catalog}
          primary={region}
          value={draft.read_regions}
          error={errors.byField.read_regions}
          onChange={(read_regions) => change({ read_regions })}
        />
      )}
      {catalog.plans.length > 1 && (
        <PlanField
          plans={catalog.plans}
          value={draft.plan}
          error={errors.byField.plan}
          onChange={(plan) => change({ plan })}
        />
      )}
      <div className="actions">
        <button type="submit" className="button button-primary button-large" aria-disabled={create.isPending}>
          {create.isPending && <span className={`spinner ${styles.spinner}`} aria-hidden="true" />}
          {create.isPending ? "Creating…" : "Create database"}
        </button>
      </div>
    </form>
  );
}

function toRequest(draft: Draft, catalog: Catalog): CreateDatabase {
  const platform = catalog.regions.find(({ id }) => id === draft.primary_region)?.platform;
  const request: CreateDatabase = {
    name: draft.name,
    primary_region: draft.primary_region,
    read_regions: draft.read_regions,
  };
  if (platform !== undefined) request.platform = platform;
  // Without a plan, Upstash uses the one of the account.
  if (draft.plan !== "") request.plan = draft.plan;
  return request;
}
