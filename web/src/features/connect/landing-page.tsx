import { KeyRound, LogIn, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { m } from "@/messages/messages";
import { brand } from "@/shared/brand";
import { PageHeading } from "@/shared/page/page-heading";
import { recallDeparture } from "@/shared/session/departure";
import { ConnectButton } from "./connect-button";
import { ConnectPanel } from "./connect-panel";
import styles from "./landing-page.module.css";

/** What a visitor who is not connected sees: what will happen, what is kept, what is never done. */
export function LandingPage() {
  const app = brand().name;
  const [left] = useState(recallDeparture);
  return (
    <div className={styles.landing}>
      <div className={styles.landingLead}>
        <PageHeading title={m.connect_landing_title({ app })} />
        <p className="lead">{m.connect_landing_lead({ app })}</p>
        {left !== null && (
          <p className={styles.landingLeft}>
            {left === "disconnected"
              ? m.connect_landing_disconnected({ app })
              : m.connect_landing_signed_out({ app })}
          </p>
        )}
        <ConnectButton />
        <ConnectPanel />
        <p className="hint">{m.connect_landing_no_account()}</p>
      </div>
      <ol className={styles.landingFacts}>
        <Fact icon={<LogIn />} title={m.connect_landing_login_title()}>
          {m.connect_landing_login({ app })}
        </Fact>
        <Fact icon={<KeyRound />} title={m.connect_landing_key_title()}>
          {m.connect_landing_key({ app })}
        </Fact>
        <Fact icon={<ShieldCheck />} title={m.connect_landing_limits_title()}>
          {m.connect_landing_limits()}
        </Fact>
      </ol>
    </div>
  );
}

function Fact(props: { icon: React.ReactNode; title: string; children: React.ReactNode }) {
  return (
    <li>
      <span className={styles.landingIcon} aria-hidden="true">
        {props.icon}
      </span>
      <div>
        <h2>{props.title}</h2>
        <p>{props.children}</p>
      </div>
    </li>
  );
}
