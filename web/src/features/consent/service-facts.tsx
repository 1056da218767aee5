import { m } from "@/messages/messages";
import type { Transaction } from "@/shared/api/services";
import { ServiceName } from "@/shared/grants/service-identity";
import styles from "./consent.module.css";

/**
 * Who asks: beside the name, which a service may choose to look like another, the id that the operator gave it and the
 * host that the browser goes back to.
 */
export function ServiceFacts({ transaction }: { transaction: Transaction }) {
  const { service, display_name, account } = transaction;
  return (
    <dl className={styles.serviceFacts} aria-label={m.consent_facts_name()}>
      <div>
        <dt>{m.consent_facts_service()}</dt>
        <dd>
          <ServiceName service={service} />
        </dd>
      </div>
      <div>
        <dt>{m.consent_facts_return()}</dt>
        <dd>
          <code>{service.return_host}</code>
        </dd>
      </div>
      {display_name !== "" && (
        <div>
          <dt>{m.consent_facts_known_as()}</dt>
          <dd>
            <bdi>{display_name}</bdi>
          </dd>
        </div>
      )}
      {account !== null && (
        <div>
          <dt>{m.consent_facts_account()}</dt>
          <dd>
            <strong>{account.email}</strong>
          </dd>
        </div>
      )}
    </dl>
  );
}
