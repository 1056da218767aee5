import { useCallback, useEffect, useState } from "react";
import { ConnectPanel } from "@/features/connect/connect-panel";
import { ConnectProvider, useConnect } from "@/features/connect/connect-provider";
import { useLoginEnded } from "@/features/connect/use-login-ended";
import type { ConsentFlow, View } from "@/features/consent/consent-flow";
import { takeInvitation } from "@/features/consent/invitation";
import { OpeningView } from "@/features/consent/opening-view";
import { useConsent } from "@/features/consent/use-consent";
import { useDeparture } from "@/features/consent/use-departure";
import { m } from "@/messages/messages";
import { lazyComponent } from "@/shared/lazy/lazy-component";
import { FocusOnChange } from "@/shared/ui/focus-on-change";
import { Shell } from "./shell";

// The login SDK is most of this file; the page behind the window never loads it.
const LoginWindow = lazyComponent(
  async () => (await import("@/features/login-window/login-window")).default,
  {
    label: m.app_loading,
  },
);

const ConsentPage = lazyComponent(async () => (await import("@/features/consent/consent-page")).ConsentPage, {
  label: m.consent_opening,
  lines: 4,
});

// Most visits select no database.
const SessionDatabasePicker = lazyComponent(
  async () => (await import("./database-picker")).SessionDatabasePicker,
  { label: m.app_loading_databases, lines: 4 },
);

export function LoginPage(props: { page: "connect" | "callback" }) {
  return (
    <Shell window>
      <LoginWindow page={props.page} />
    </Shell>
  );
}

/** /connect: the login window of a button here, or where a service's invitation leads to. */
export function ConnectRoute() {
  const [visit, setVisit] = useState(() => ({ invitation: takeInvitation(), number: 0 }));

  useEffect(() => {
    // A second link to this address, followed in this very tab, changes the fragment and loads nothing.
    const onHash = () => {
      const invitation = takeInvitation();
      if (invitation !== undefined) setVisit(({ number }) => ({ invitation, number: number + 1 }));
    };
    window.addEventListener("hashchange", onHash);
    return () => window.removeEventListener("hashchange", onHash);
  }, []);

  const ofAButton =
    visit.invitation === undefined && new URLSearchParams(window.location.search).has("attempt");
  if (ofAButton) return <LoginPage page="connect" />;
  return <ServiceVisit key={visit.number} invitation={visit.invitation} />;
}

function ServiceVisit({ invitation }: { invitation: string | undefined }) {
  const { view, flow } = useConsent(invitation);
  const onLoggedIn = useCallback(() => void flow.loggedIn(), [flow]);
  useDeparture(flow);
  useEffect(() => ConsentPage.preload(), []); // while the invitation is opened
  if (view.name === "none") return <LoginPage page="connect" />;
  return (
    <ConnectProvider onLoggedIn={onLoggedIn}>
      <Shell window>
        <FocusOnChange value={view.name} />
        <Consent view={view} flow={flow} onRetry={() => void flow.open(invitation)} />
      </Shell>
    </ConnectProvider>
  );
}

type ShownView = Exclude<View, { name: "none" }>;

function Consent({ view, flow, onRetry }: { view: ShownView; flow: ConsentFlow; onRetry: () => void }) {
  const { state, start } = useConnect();
  useLoginEnded(() => document.getElementById("content")?.focus());
  if (view.name === "loading" || view.name === "failed") return <OpeningView view={view} onRetry={onRetry} />;
  const login = state.name === "idle" ? null : <ConnectPanel />;
  return <ConsentPage view={view} flow={flow} login={login} onLogin={start} picker={SessionDatabasePicker} />;
}
