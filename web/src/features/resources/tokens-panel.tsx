import { CredentialsPanel, PlainValue } from "@/shared/credentials/credentials-panel";
import { SecretValue } from "@/shared/credentials/secret-value";
import { SnippetTabs } from "@/shared/credentials/snippet-tabs";
import { addressOfResource } from "./address";
import { useReveal } from "./api";
import type { Product } from "./products";
import { masked, snippets } from "./snippets";

const hint =
  "The token gives full access. The read-only token can read all data. Each reveal is recorded in the audit log. " +
  "This page discards the tokens when you hide them or leave.";

/** The tokens of a resource, once the user asks for them. */
export function TokensPanel({ product, id }: { product: Product; id: string }) {
  return (
    <CredentialsPanel
      reveal={useReveal(product, id)}
      hint={hint}
      facts={(tokens) => {
        const url = addressOfResource(product, tokens);
        return (
          <>
            {url !== undefined && <PlainValue label="URL" value={url} />}
            {tokens.token !== undefined && <SecretValue label="Token" value={tokens.token} />}
            {tokens.read_only_token !== undefined && (
              <SecretValue label="Read-only token" value={tokens.read_only_token} />
            )}
          </>
        );
      }}
      below={(tokens) => (
        <SnippetTabs full={snippets(product, tokens)} hidden={snippets(product, masked(tokens))} />
      )}
    />
  );
}
