import { ChevronDown, LogOut, MonitorX, ShieldCheck, Unplug, UserRoundPlus } from "lucide-react";
import { useState } from "react";
import { useLocation } from "wouter";
import { m } from "@/messages/messages";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useConnection } from "@/shared/session/connection";
import { useAnnounce } from "@/shared/ui/announcer";
import styles from "./account-menu.module.css";
import { useSignOut } from "./api";
import { DisconnectDialog } from "./disconnect-dialog";
import { useMenu } from "./menu";

/** Shows the connected account, and the ways to sign out of it, replace it or disconnect it. */
export function AccountMenu(props: { onUseAnotherAccount: () => void }) {
  const { email } = useConnection();
  const [disconnecting, setDisconnecting] = useState(false);
  const [, navigate] = useLocation();
  const announce = useAnnounce();
  const { isOpen, button, popup, menu, item } = useMenu();
  const signOut = useSignOut((everywhere) => {
    navigate("/");
    announce(everywhere ? m.account_signed_out_everywhere() : m.account_signed_out());
  });

  const entries = [
    { label: m.account_menu_access(), Icon: ShieldCheck, onSelect: () => navigate("/account") },
    { label: m.account_menu_another(), Icon: UserRoundPlus, onSelect: props.onUseAnotherAccount },
    { label: m.account_menu_sign_out(), Icon: LogOut, onSelect: () => signOut.mutate(false) },
    { label: m.account_menu_sign_out_everywhere(), Icon: MonitorX, onSelect: () => signOut.mutate(true) },
    {
      label: m.account_menu_disconnect(),
      Icon: Unplug,
      danger: true,
      onSelect: () => setDisconnecting(true),
    },
  ];

  return (
    <>
      <div className={styles.menu}>
        <button type="button" className={styles.button} {...button}>
          <span className="visually-hidden">{m.account_menu_name()} </span>
          <span className={styles.email}>{email}</span>
          <ChevronDown aria-hidden="true" />
        </button>
        {isOpen && (
          <div className={styles.popup} {...popup}>
            {/* The button has no room for a long address. Screen readers read the whole one there. */}
            <p className={styles.address} aria-hidden="true">
              {email}
            </p>
            <ul className={styles.list} {...menu}>
              {entries.map(({ label, Icon, danger, onSelect }) => (
                <li key={label} role="none">
                  <button
                    type="button"
                    className={danger === true ? `${styles.item} ${styles.danger}` : styles.item}
                    {...item(onSelect)}
                  >
                    <span className={styles.icon} aria-hidden="true">
                      <Icon />
                    </span>
                    {label}
                  </button>
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
      {signOut.error !== null && (
        <div className={styles.problem}>
          <ProblemNotice error={signOut.error} onRetry={() => signOut.mutate(signOut.variables ?? false)} />
        </div>
      )}
      {disconnecting && <DisconnectDialog onClose={() => setDisconnecting(false)} />}
    </>
  );
}
