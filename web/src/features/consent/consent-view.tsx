import { type FormEvent, useState } from "react";
import { m } from "@/messages/messages";
import terms from "@/shared/grants/grants.module.css";
import { NarrowFields } from "@/shared/grants/narrow-fields";
import { narrowingError, narrowingOf, settled } from "@/shared/grants/policy";
import { LimitFacts, SeenFacts } from "@/shared/grants/policy-facts";
import { PageHeading } from "@/shared/page/page-heading";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import styles from "./consent.module.css";
import type { ConsentFlow, View } from "./consent-flow";
import { ServiceFacts } from "./service-facts";

/** The account is known: the user allows what was asked, allows less, or declines. */
export function ConsentView(props: { view: Extract<View, { name: "consent" }>; flow: ConsentFlow }) {
  const { view, flow } = props;
  const { service, asked } = view.transaction;
  const [choice, setChoice] = useState(() => narrowingOf(asked));
  const [reported, setReported] = useState(false);
  const error = narrowingError(choice, asked);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setReported(true);
    if (error === undefined) void flow.approve(settled(choice, asked));
  };

  return (
    <section className={styles.consent}>
      <PageHeading title={m.consent_choice_title({ service: service.name })} />
      {view.error !== undefined && <ProblemNotice error={view.error} />}
      <ServiceFacts transaction={view.transaction} />
      <button type="button" className="button button-small" onClick={() => flow.chooseAgain()}>
        {m.consent_choose_account()}
      </button>
      <form className={styles.consentForm} onSubmit={submit} noValidate>
        <p className="hint">{m.consent_choice_hint()}</p>
        <NarrowFields most={asked} value={choice} onChange={setChoice} />
        <dl className={terms.terms}>
          <LimitFacts policy={{ ...asked, scopes: choice.scopes }} fixed />
          <SeenFacts />
        </dl>
        {reported && error !== undefined && (
          <p className="field-error" role="alert">
            {error}
          </p>
        )}
        <p>{m.consent_choice_later()}</p>
        <div className="actions">
          <button type="submit" className="button button-primary button-large">
            {m.consent_allow()}
          </button>
          <button type="button" className="button button-large" onClick={() => void flow.decline()}>
            {m.consent_decline()}
          </button>
        </div>
      </form>
    </section>
  );
}
