import type { Config } from "@/shared/api/types";

export const strictThirdPartyTitle = "This application cannot be connected to Upstash yet";

/**
 * Whether Upstash registered this application as one of Auth0's strict third-party clients; their ids alone
 * begin like this. The login SDK asks for OpenID and names a response mode, which such a client may do
 * neither of: Auth0 would show an error in the login window and never come back.
 */
export function isStrictThirdParty(config: Config | undefined): boolean {
  return config?.client_id.startsWith("tpc_") === true;
}

/** Why nobody is sent to the login, and who can change that. */
export function StrictThirdPartyReason(props: { config: Config }) {
  const { app_name, client_id } = props.config;
  return (
    <>
      <p>
        Upstash has registered {app_name} as a strict third-party client. Its login would end with an error on
        Upstash’s page and never return here, so we did not open it. Nothing is wrong with your account.
      </p>
      <p>
        The operator of {app_name} can ask Upstash for a first-party client, or for a third-party one in
        permissive mode, instead of <code>{client_id}</code>.
      </p>
    </>
  );
}
