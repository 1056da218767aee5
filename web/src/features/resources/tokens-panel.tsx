import { m } from "@/messages/messages";
import { ConnectPanel } from "@/shared/credentials/connect-panel";
import { SecretValue } from "@/shared/credentials/secret-value";
import { SnippetTabs } from "@/shared/credentials/snippet-tabs";
import facts from "@/shared/page/facts.module.css";
import { useReveal } from "./api";
import { nameOf, type Product, type Resource } from "./products";
import { masked, snippets } from "./snippets";

/** How to use a resource, with its tokens once the user asks for them. */
export function TokensPanel({ product, resource }: { product: Product; resource: Resource }) {
  return (
    <ConnectPanel reveal={useReveal(product, resource.id)} hint={m.resources_tokens_hint()}>
      {(tokens, shown) => (
        <>
          <SnippetTabs
            full={tokens && snippets(product, tokens)}
            hidden={snippets(product, masked(tokens ?? resource))}
            shown={shown}
            fileName={nameOf(resource)}
          />
          {tokens !== undefined && (
            <dl className={facts.facts}>
              {hasText(tokens.token) && <SecretValue label={m.resources_token()} value={tokens.token} />}
              {hasText(tokens.read_only_token) && (
                <SecretValue label={m.resources_read_only_token()} value={tokens.read_only_token} />
              )}
            </dl>
          )}
        </>
      )}
    </ConnectPanel>
  );
}

/** A token that Upstash did not return is absent or empty. */
function hasText(token: string | undefined): token is string {
  return token !== undefined && token !== "";
}
