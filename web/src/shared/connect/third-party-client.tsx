import { ParaglideMessage } from "@inlang/paraglide-js-react";
import { m } from "@/messages/messages";
import type { Config } from "@/shared/api/types";

export const strictThirdPartyTitle = m.connect_third_party_title;

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
  const { app_name: app, client_id: id } = props.config;
  return (
    <>
      <p>{m.connect_third_party_cause({ app })}</p>
      <p>
        <ParaglideMessage
          message={m.connect_third_party_remedy}
          inputs={{ app, id }}
          markup={{ code: ({ children }) => <code>{children}</code> }}
        />
      </p>
    </>
  );
}
