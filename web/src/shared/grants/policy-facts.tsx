import { m } from "@/messages/messages";
import type { Policy } from "@/shared/api/services";
import styles from "./grants.module.css";
import { Permission } from "./permission";
import { boundsCreates } from "./policy";
import { createsOthers, limitsOf, reachLabel } from "./policy-words";

/** What a policy allows, or what one is asked for, to be read. */
export function PolicyFacts({ policy, asked }: { policy: Policy; asked?: boolean }) {
  return (
    <dl className={styles.terms}>
      <div className={styles.term}>
        <dt>{asked === true ? m.grants_asks_to() : m.grants_may()}</dt>
        <dd>
          <ul className={styles.termList}>
            {policy.scopes.map((scope) => (
              <li key={scope}>
                <Permission scope={scope} />
              </li>
            ))}
          </ul>
        </dd>
      </div>
      <div className={styles.term}>
        <dt>{m.grants_which_databases()}</dt>
        <dd>{reachLabel(policy.databases)}</dd>
      </div>
      <LimitFacts policy={policy} />
      <SeenFacts />
    </dl>
  );
}

/** What every service sees of the account, whatever it may do. */
export function SeenFacts() {
  return (
    <div className={styles.term}>
      <dt>{m.grants_also_sees()}</dt>
      <dd>{m.grants_email()}</dd>
    </div>
  );
}

/** The limits of creating, where the policy allows that: all, or those that have no field beside them. */
export function LimitFacts({ policy, fixed }: { policy: Policy; fixed?: boolean }) {
  const limits = limitsOf(policy).slice(fixed === true && boundsCreates(policy) ? 1 : 0);
  if (limits.length === 0) return null;
  return (
    <div className={styles.term}>
      <dt>{createsOthers(policy) ? m.grants_limits_of_creates() : m.grants_limits_of_databases()}</dt>
      <dd>
        <ul className={styles.termLimits}>
          {limits.map(({ label, value }) => (
            <li key={label}>
              <span>{label}</span> <span>{value}</span>
            </li>
          ))}
        </ul>
      </dd>
    </div>
  );
}
