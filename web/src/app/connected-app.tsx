import { Route, Switch } from "wouter";
import { AccessPage } from "@/features/access/access-page";
import { AccountMenu } from "@/features/account/account-menu";
import { LeftoverNotice } from "@/features/account/leftover-notice";
import { ConnectPanel } from "@/features/connect/connect-panel";
import { useConnect } from "@/features/connect/connect-provider";
import { FreshLoginProvider } from "@/features/connect/fresh-login-provider";
import { useLoginEnded } from "@/features/connect/use-login-ended";
import { CreatePage } from "@/features/databases/create-page";
import { DetailPage } from "@/features/databases/detail-page";
import { ListPage } from "@/features/databases/list-page";
import { NotFoundPage } from "./not-found-page";
import { Shell } from "./shell";
import styles from "./shell.module.css";

export { DisconnectedPage } from "@/features/account/disconnected-page";

/** Everything there is for a connected account. */
export function ConnectedApp() {
  const { state, start } = useConnect();
  useLoginEnded(() => document.getElementById("content")?.focus());
  return (
    <FreshLoginProvider>
      <Shell account={<AccountMenu onUseAnotherAccount={() => start({ anotherAccount: true })} />}>
        {state.name !== "idle" && (
          <div className={styles.shellAside}>
            <ConnectPanel />
          </div>
        )}
        <Switch>
          <Route path="/">
            <LeftoverNotice />
            <ListPage />
          </Route>
          <Route path="/account" component={AccessPage} />
          <Route path="/databases/new" component={CreatePage} />
          <Route path="/databases/:id">{({ id }) => <DetailPage key={id} id={id} />}</Route>
          <Route component={NotFoundPage} />
        </Switch>
      </Shell>
    </FreshLoginProvider>
  );
}
