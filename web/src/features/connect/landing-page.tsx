import { KeyRound, LogIn, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { brand } from "@/shared/brand";
import { PageHeading } from "@/shared/page/page-heading";
import { recallDeparture } from "@/shared/session/departure";
import { ConnectButton } from "./connect-button";
import { ConnectPanel } from "./connect-panel";
import styles from "./landing-page.module.css";

/** What a visitor who is not connected sees: what will happen, what is kept, what is never done. */
export function LandingPage() {
  const appName = brand().name;
  const [left] = useState(recallDeparture);
  return (
    <div className={styles.landing}>
      <div className={styles.landingLead}>
        <PageHeading title={`Connect Upstash to ${appName}`} />
        <p className="lead">
          Create serverless Redis databases and use them here, in your own Upstash account, without leaving{" "}
          {appName}.
        </p>
        {left !== null && (
          <p className={styles.landingLeft}>
            {left === "disconnected"
              ? `Your account is disconnected from ${appName}. You may still be logged in at Upstash.`
              : `You are signed out of ${appName}. You may still be logged in at Upstash.`}
          </p>
        )}
        <ConnectButton />
        <ConnectPanel />
        <p className="hint">No Upstash account yet? You can create one in the same window.</p>
      </div>
      <ol className={styles.landingFacts}>
        <Fact icon={<LogIn />} title="You log in at Upstash">
          A window opens on Upstash’s own page. Your password stays there; {appName} never sees it.
        </Fact>
        <Fact icon={<KeyRound />} title="We create one developer key">
          You can see it by name in your Upstash account. {appName} stores it encrypted on the server; it
          never reaches your browser.
        </Fact>
        <Fact icon={<ShieldCheck />} title="We do only what you ask">
          We list your databases, create new ones and show you their credentials. We delete or change nothing
          unless you ask, and never touch your team. You can disconnect at any time.
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
