import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Transaction } from "@/shared/api/services";
import { PolicyFacts } from "@/shared/grants/policy-facts";
import { PageHeading } from "@/shared/page/page-heading";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { sessionQuery } from "@/shared/session/session";
import styles from "./consent.module.css";
import type { ConsentFlow, Doubt, View } from "./consent-flow";
import type { LoginOptions } from "./consent-page";
import { ServiceFacts } from "./service-facts";

interface Props {
  view: Extract<View, { name: "account" }>;
  flow: ConsentFlow;
  login: ReactNode | null;
  onLogin: (options: LoginOptions) => void;
}

/** Who asks for what, and the choice of the account. */
export function AccountView({ view, flow, login, onLogin }: Props) {
  const { transaction, doubt, error } = view;
  return (
    <section className={styles.consent}>
      <PageHeading title={titleOf(transaction)} />
      {doubt !== undefined && <DoubtNotice doubt={doubt} transaction={transaction} />}
      {error !== undefined && <ProblemNotice error={error} />}
      {/* The account is what is being chosen here, so an earlier choice is not shown. */}
      <ServiceFacts transaction={{ ...transaction, account: null }} />
      {!transaction.reconnect && <PolicyFacts policy={transaction.asked} asked />}
      {login ?? <Choice transaction={transaction} flow={flow} onLogin={onLogin} />}
    </section>
  );
}

function titleOf({ service, reconnect }: Transaction): string {
  if (reconnect) return `${service.name} asks you to log in again`;
  return service.built_in
    ? `Connect Upstash to ${service.name}`
    : `${service.name} asks to use your Upstash account`;
}

function Choice({
  transaction,
  flow,
  onLogin,
}: Omit<Props, "view" | "login"> & { transaction: Transaction }) {
  const account = useOfferedAccount(transaction);
  const forService = transaction.id;
  const logIn = () =>
    onLogin({
      promptLogin: true,
      forService,
      ...(transaction.login_hint === "" ? {} : { loginHint: transaction.login_hint }),
    });
  return (
    <>
      <p>
        {sentenceOf(
          transaction,
          account === undefined ? connectLabel(transaction) : `Continue as ${account.email}`,
        )}
      </p>
      <div className="actions">
        {account === undefined ? (
          <button type="button" className="button button-primary button-large" onClick={logIn}>
            {connectLabel(transaction)}
          </button>
        ) : (
          <>
            <button
              type="button"
              className={`button button-primary button-large ${styles.consentAccount}`}
              onClick={() => void flow.continueAs(account.id)}
            >
              Continue as {account.email}
            </button>
            <button
              type="button"
              className="button button-large"
              onClick={() => onLogin({ anotherAccount: true, promptLogin: true, forService })}
            >
              Use another account
            </button>
          </>
        )}
        <button type="button" className="button button-quiet" onClick={() => void flow.decline()}>
          Decline
        </button>
      </div>
    </>
  );
}

/** The connected account, if the user can continue with it. */
function useOfferedAccount(transaction: Transaction): { id: string; email: string } | undefined {
  const session = useQuery(sessionQuery).data;
  if (session?.kind !== "connected") return undefined;
  const { id, email } = session.session.connection;
  // A reconnect asks for a login; only the account of one that was made for it is good enough.
  if (transaction.reconnect && transaction.account?.connection_id !== id) return undefined;
  return { id, email };
}

function connectLabel(transaction: Transaction): string {
  return transaction.reconnect ? "Log in again" : "Connect Upstash";
}

/** What pressing the button means. For a service that is asked for once, this is the consent. */
function sentenceOf({ service, reconnect }: Transaction, label: string): ReactNode {
  if (reconnect) {
    return (
      <>
        Log in at Upstash with the account that you connected before, then return to <bdi>{service.name}</bdi>
        . Its permissions do not change.
      </>
    );
  }
  if (service.built_in) {
    return (
      <>
        With “{label}” you allow <bdi>{service.name}</bdi> everything listed above and return to it. You can
        revoke this here at any time.
      </>
    );
  }
  return <>First choose the Upstash account. You decide what to allow on the next screen.</>;
}

const doubts: Readonly<Record<Doubt, string>> = {
  account_changed: "This browser is now logged in with another Upstash account. Nothing was allowed.",
  other_account:
    "This is not the Upstash account that you connected before. Log in with that account. Nothing was changed.",
  other_request:
    "You have since opened another invitation in this browser. This page shows that one. Nothing was allowed.",
  key_refused: "Upstash no longer accepts the key of this account. Log in again to replace it.",
  session_ended: "Your session has ended. Log in again to continue. Nothing was allowed.",
};

function DoubtNotice({ doubt, transaction }: { doubt: Doubt; transaction: Transaction }) {
  return (
    <p className={styles.consentDoubt} role="alert" key={transaction.id}>
      {doubts[doubt]}
    </p>
  );
}
