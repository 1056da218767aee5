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
import { m } from "@/messages/messages";
import { useOpenOperations } from "@/shared/catalog/catalog";
import { lazyComponent } from "@/shared/lazy/lazy-component";
import { NotFoundPage } from "./not-found-page";
import { Shell } from "./shell";
import styles from "./shell.module.css";

export { DisconnectedPage } from "@/features/account/disconnected-page";
export { InterruptedPage } from "@/features/connect/interrupted-page";

// An installation has to open Vector, Search and QStash by name, and most do not: their pages are a file of their own.
const resources = () => import("@/features/resources/resources");
const ResourceSections = lazyComponent(async () => (await resources()).ResourceSections, {
  label: m.app_loading_products,
  lines: 2,
});
const CreateResourcePage = lazyComponent(async () => (await resources()).CreatePage, {
  label: m.app_loading,
});
const ResourcePage = lazyComponent(async () => (await resources()).DetailPage, { label: m.app_loading });

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
            <Lists />
            <LeftoverNotice />
          </Route>
          <Route path="/account" component={AccessPage} />
          <Route path="/databases/new" component={CreatePage} />
          <Route path="/databases/:id">{({ id }) => <DetailPage key={id} id={id} />}</Route>
          <Route path="/vector/new">
            <CreateResourcePage product="vector" />
          </Route>
          <Route path="/search/new">
            <CreateResourcePage product="search" />
          </Route>
          <Route path="/:product/:id">
            {({ product, id }) =>
              isProduct(product) ? <ResourcePage key={id} product={product} id={id} /> : <NotFoundPage />
            }
          </Route>
          <Route component={NotFoundPage} />
        </Switch>
      </Shell>
    </FreshLoginProvider>
  );
}

const otherProducts = ["vector", "search", "qstash"] as const;

function isProduct(name: string): name is (typeof otherProducts)[number] {
  return (otherProducts as readonly string[]).includes(name);
}

/** The databases, and below them the resources of other products whose list is open. */
function Lists() {
  const open = useOpenOperations();
  const hasOthers = otherProducts.some((product) => open.has(`${product}.list`));
  return <ListPage {...(hasOthers ? { others: <ResourceSections /> } : {})} />;
}
