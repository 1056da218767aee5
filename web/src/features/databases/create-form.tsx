import { type FormEvent, useEffect, useEffectEvent, useRef, useState } from "react";
import { ApiProblem } from "@/shared/api/problem";
import type { Catalog, CreateDatabase, Database } from "@/shared/api/types";
import { useCreateDatabase } from "./api";
import {
  checkDraft,
  type Draft,
  type Faults,
  type Field,
  faultsFromServer,
  firstFault,
  hasFaults,
  noFaults,
  withoutFault,
} from "./create-fields";
import { NameField, PlanField, ReadRegionsField, RegionField } from "./form-fields";
import { FormSummary } from "./form-summary";
import "./create-form.css";

/** How often in a row a create is sent again by itself after a limit. */
const mostRounds = 3;

interface Props {
  catalog: Catalog;
  onCreated: (database: Database) => void;
}

export function CreateForm({ catalog, onCreated }: Props) {
  const [draft, setDraft] = useState<Draft>({ name: "", primary_region: "", read_regions: [], plan: "" });
  const [faults, setFaults] = useState<Faults>(noFaults);
  const [reports, setReports] = useState(0);
  const [rounds, setRounds] = useState(0);
  const form = useRef<HTMLFormElement>(null);
  const create = useCreateDatabase();

  const focusFirstFault = useEffectEvent(() => {
    const field = firstFault(faults);
    if (field !== undefined) form.current?.querySelector<HTMLElement>(`[data-field="${field}"]`)?.focus();
  });
  // Only when faults are reported: a fault that goes away while its field is mended must not move the focus.
  useEffect(() => {
    if (reports > 0) focusFirstFault();
  }, [reports]);

  const report = (found: Faults) => {
    setFaults(found);
    setReports((before) => before + 1);
  };

  const change = (part: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...part }));
    setFaults((before) => withoutFault(before, Object.keys(part) as Field[]));
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending) return;
    const local = checkDraft(draft);
    report(local);
    if (hasFaults(local)) {
      create.reset();
      return;
    }
    setRounds(0);
    send(toRequest(draft, catalog));
  };

  const send = (request: CreateDatabase) => {
    create.mutate(request, {
      onSuccess: onCreated,
      onError: (error) => {
        if (error instanceof ApiProblem) report(faultsFromServer(error.errors));
      },
    });
  };

  const { error, variables } = create;
  // After a limit the very same request is sent again, under the same key. Changed entries are another request: only the
  // user knows whether to send that.
  const unchanged = JSON.stringify(toRequest(draft, catalog)) === JSON.stringify(variables);
  const waits = error instanceof ApiProblem && error.isLimit && unchanged && rounds < mostRounds;
  const sendAgain = () => {
    setRounds(rounds + 1);
    if (variables !== undefined) send(variables);
  };

  const region = catalog.regions.find(({ id }) => id === draft.primary_region);
  return (
    <form ref={form} className="card create-form" noValidate onSubmit={submit}>
      <FormSummary faults={faults} error={error} {...(waits ? { onWaited: sendAgain } : {})} />
      <NameField value={draft.name} fault={faults.byField.name} onChange={(name) => change({ name })} />
      <RegionField
        catalog={catalog}
        value={draft.primary_region}
        fault={faults.byField.primary_region}
        // Read regions live beside the primary one: another primary can make the choice impossible.
        onChange={(primary_region) => change({ primary_region, read_regions: [] })}
      />
      {region !== undefined && (
        <ReadRegionsField
          catalog={catalog}
          primary={region}
          value={draft.read_regions}
          fault={faults.byField.read_regions}
          onChange={(read_regions) => change({ read_regions })}
        />
      )}
      {catalog.plans.length > 1 && (
        <PlanField
          plans={catalog.plans}
          value={draft.plan}
          fault={faults.byField.plan}
          onChange={(plan) => change({ plan })}
        />
      )}
      <div className="actions">
        <button type="submit" className="button button-primary button-large" aria-disabled={create.isPending}>
          {create.isPending && <span className="spinner spinner-on-accent" aria-hidden="true" />}
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
  // No plan means: as the account's own type has it.
  if (draft.plan !== "") request.plan = draft.plan;
  return request;
}
