import type { Credentials } from "@/shared/api/types";
import { SnippetTabs as Tabs } from "@/shared/credentials/snippet-tabs";
import { useRedisCaFile } from "@/shared/session/config";
import { masked, snippets } from "./snippets";

/** Snippets for the three usual ways to use a database. */
export function SnippetTabs({ credentials }: { credentials: Credentials }) {
  const caFile = useRedisCaFile();
  return <Tabs full={snippets(credentials, caFile)} hidden={snippets(masked(credentials), caFile)} />;
}
