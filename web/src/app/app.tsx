import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { Route, Switch, useLocation } from "wouter";
import { createQueryClient } from "@/shared/session/query-client";
import { Announcer } from "@/shared/ui/announcer";
import { FocusOnChange } from "@/shared/ui/focus-on-change";
import { Skeleton } from "@/shared/ui/skeleton";
import { ErrorBoundary } from "./error-boundary";
import { MainApp } from "./main-app";
import { Shell } from "./shell";

// The log-in SDK is most of this chunk; the page behind the window never loads it.
const LoginWindow = lazy(() => import("@/features/login-window/login-window"));

export function App() {
  const [client] = useState(createQueryClient);
  const [path] = useLocation();
  return (
    <QueryClientProvider client={client}>
      <Announcer>
        <ErrorBoundary>
          <FocusOnChange value={path} />
          <Switch>
            <Route path="/connect">
              <Login page="connect" />
            </Route>
            <Route path="/callback">
              <Login page="callback" />
            </Route>
            <Route>
              <MainApp />
            </Route>
          </Switch>
        </ErrorBoundary>
      </Announcer>
    </QueryClientProvider>
  );
}

function Login(props: { page: "connect" | "callback" }) {
  return (
    <Shell window>
      <Suspense fallback={<Skeleton label="Loading" />}>
        <LoginWindow page={props.page} />
      </Suspense>
    </Shell>
  );
}
