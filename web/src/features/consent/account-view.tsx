import { ParaglideMessage } from "@inlang/paraglide-js-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { m } from "@/messages/messages";
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
  const named = { service: service.name };
  if (reconnect) return m.consent_asks_again_title(named);
  return service.built_in ? m.consent_built_in_title(named) : m.consent_asks_title(named);
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
          account === undefined ? connectLabel(transaction) : m.consent_continue_as({ email: account.email }),
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
              {m.consent_continue_as({ email: account.email })}
            </button>
            <button
              type="button"
              className="button button-large"
              onClick={() => onLogin({ anotherAccount: true, promptLogin: true, forService })}
            >
              {m.consent_use_another_account()}
            </button>
          </>
        )}
        <button type="button" className="button button-quiet" onClick={() => void flow.decline()}>
          {m.consent_decline()}
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
  return transaction.reconnect ? m.consent_log_in_again() : m.consent_connect();
}

/** What pressing the button means. For a service that is asked for once, this is the consent. */
function sentenceOf({ service, reconnect }: Transaction, label: string): ReactNode {
  if (reconnect) {
    return (
      <ParaglideMessage
        message={m.consent_reconnect_meaning}
        inputs={{ name: service.name }}
        markup={{ service: Isolated }}
      />
    );
  }
  if (service.built_in) {
    return (
      <ParaglideMessage
        message={m.consent_built_in_meaning}
        inputs={{ label, name: service.name }}
        markup={{ service: Isolated }}
      />
    );
  }
  return m.consent_account_first();
}

/** A name that a service chose, whose direction of writing changes nothing around it. */
function Isolated({ children }: { children?: ReactNode }) {
  return <bdi>{children}</bdi>;
}

const doubts: Readonly<Record<Doubt, () => string>> = {
  account_changed: m.consent_doubt_account_changed,
  other_account: m.consent_doubt_other_account,
  other_request: m.consent_doubt_other_request,
  key_refused: m.consent_doubt_key_refused,
  session_ended: m.consent_doubt_session_ended,
};

function DoubtNotice({ doubt, transaction }: { doubt: Doubt; transaction: Transaction }) {
  return (
    <p className={styles.consentDoubt} role="alert" key={transaction.id}>
      {doubts[doubt]()}
    </p>
  );
}
