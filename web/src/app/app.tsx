import { QueryClientProvider } from "@tanstack/react-query";
import { useState } from "react";
import { Route, Switch, useLocation } from "wouter";
import { createQueryClient } from "@/shared/session/query-client";
import { Announcer } from "@/shared/ui/announcer";
import { FocusOnChange } from "@/shared/ui/focus-on-change";
import { ConnectRoute, LoginPage } from "./connect-route";
import { ErrorBoundary } from "./error-boundary";
import { MainApp } from "./main-app";

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
              <ConnectRoute />
            </Route>
            <Route path="/callback">
              <LoginPage page="callback" />
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
