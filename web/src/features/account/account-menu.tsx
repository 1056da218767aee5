import { ChevronDown, LogOut, MonitorX, ShieldCheck, Unplug, UserRoundPlus } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useLocation } from "wouter";
import { useConnection } from "@/shared/session/connection";
import { useAnnounce } from "@/shared/ui/announcer";
import { ProblemNotice } from "@/shared/ui/problem-notice";
import { useSignOut } from "./api";
import { Disclosure } from "./disclosure";
import { DisconnectDialog } from "./disconnect-dialog";
import "./account-menu.css";

/** Who is connected, and the ways to leave. */
export function AccountMenu(props: { onUseAnotherAccount: () => void }) {
  const { email } = useConnection();
  const [disconnecting, setDisconnecting] = useState(false);
  const [, navigate] = useLocation();
  const announce = useAnnounce();
  const signOut = useSignOut((everywhere) => {
    navigate("/");
    announce(everywhere ? "You are signed out everywhere" : "You are signed out");
  });

  return (
    <>
      <Disclosure
        className="account"
        summary={
          <>
            <span className="visually-hidden">Account </span>
            <span className="account-email">{email}</span>
            <ChevronDown aria-hidden="true" />
          </>
        }
      >
        <Item icon={<ShieldCheck />} onClick={() => navigate("/account")}>
          Access and activity
        </Item>
        <Item icon={<UserRoundPlus />} onClick={props.onUseAnotherAccount}>
          Use another account
        </Item>
        <Item icon={<LogOut />} onClick={() => signOut.mutate(false)}>
          Sign out
        </Item>
        <Item icon={<MonitorX />} onClick={() => signOut.mutate(true)}>
          Sign out everywhere
        </Item>
        <Item icon={<Unplug />} danger onClick={() => setDisconnecting(true)}>
          Disconnect…
        </Item>
      </Disclosure>
      {signOut.error !== null && (
        <div className="account-problem">
          <ProblemNotice error={signOut.error} onRetry={() => signOut.mutate(signOut.variables ?? false)} />
        </div>
      )}
      {disconnecting && <DisconnectDialog onClose={() => setDisconnecting(false)} />}
    </>
  );
}

function Item(props: { icon: ReactNode; danger?: boolean; onClick: () => void; children: ReactNode }) {
  return (
    <li>
      <button
        type="button"
        className={props.danger === true ? "account-item account-item-danger" : "account-item"}
        onClick={props.onClick}
      >
        <span aria-hidden="true">{props.icon}</span>
        {props.children}
      </button>
    </li>
  );
}
