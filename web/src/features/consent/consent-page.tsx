import { ParaglideMessage } from "@inlang/paraglide-js-react";
import type { ComponentType, ReactNode } from "react";
import { m } from "@/messages/messages";
import { Notice } from "@/shared/page/notice";
import { Skeleton } from "@/shared/ui/skeleton";
import { AccountView } from "./account-view";
import type { ConsentFlow, Doubt, View } from "./consent-flow";
import { ConsentView } from "./consent-view";

export interface LoginOptions {
  anotherAccount?: boolean;
  promptLogin: boolean;
  loginHint?: string;
  forService: string;
}

interface Props {
  /** What there is to show of an invitation that was opened. */
  view: Exclude<View, { name: "none" | "loading" | "failed" }>;
  flow: ConsentFlow;
  /** What the page shows of a login in progress. */
  login: ReactNode | null;
  onLogin: (options: LoginOptions) => void;
  /** Lets the user select one of their databases, or create one. */
  picker: ComponentType<PickerProps>;
}

/** What a picker of databases needs to know, and whom it tells. */
export interface PickerProps {
  account: { connection_id: string; email: string };
  /** Where the database goes. */
  recipient: string;
  error: unknown;
  onConnect: (databaseId: string) => void;
  onDecline: () => void;
  /** The account can no longer list its databases, so the user has to choose one again. */
  onAccountLost: (reason: Doubt) => void;
}

/** Where a service's invitation leads: who asks for what, on which account, and what the user says to it. */
export function ConsentPage(props: Props) {
  return <Screen key={props.view.name} {...props} />;
}

function Screen({ view, flow, login, onLogin, picker }: Props) {
  switch (view.name) {
    case "expired":
      return <ExpiredView />;
    case "account":
      return <AccountView view={view} flow={flow} login={login} onLogin={onLogin} />;
    case "consent":
      return <ConsentView key={view.transaction.id} view={view} flow={flow} />;
    case "select":
      return <SelectView view={view} flow={flow} picker={picker} />;
    case "busy":
      return (
        <Notice title={view.title}>
          <Skeleton label={m.consent_busy_label()} lines={2} />
        </Notice>
      );
    case "leaving":
      return (
        <Notice title={m.consent_leaving_title({ service: view.transaction.service.name })}>
          <p>
            <ParaglideMessage
              message={m.consent_leaving_target}
              inputs={{ host: view.transaction.service.return_host }}
              markup={{ host: ({ children }) => <code>{children}</code> }}
            />
          </p>
        </Notice>
      );
  }
}

function SelectView(
  props: Pick<Props, "flow" | "picker"> & { view: Extract<View, { name: "select" }> },
): ReactNode {
  const { view, flow, picker: Picker } = props;
  const { account, service } = view.transaction;
  if (account === null) return null; // the account was chosen before
  return (
    <Picker
      account={account}
      recipient={service.name}
      error={view.error}
      onConnect={(id) => void flow.connectDatabase(id)}
      onDecline={() => void flow.decline()}
      onAccountLost={(reason) => flow.chooseAgain(reason)}
    />
  );
}

function ExpiredView() {
  return (
    <Notice title={m.consent_expired_title()}>
      <p>{m.consent_expired_explanation()}</p>
      <p className="hint">{m.consent_expired_effect()}</p>
    </Notice>
  );
}
