import type { Database } from "@/shared/api/types";
import { useOpenOperations } from "@/shared/catalog/catalog";
import { UsageSection } from "@/shared/stats/usage-section";
import { BackupsSection } from "./backups-section";
import { DangerZone } from "./danger-zone";
import { useStats } from "./manage-api";
import { dangers, settings } from "./managed";
import { SettingsSection } from "./settings-section";
import { databaseUsage } from "./usage";

interface Props {
  database: Database;
  onReset: () => void;
}

/** What an installation offers beyond the default operations, in a file of its own. */
export function ManagePanels({ database, onReset }: Props) {
  const open = useOpenOperations();
  return (
    <>
      {open.has("redis.stats") && <DatabaseUsage id={database.id} />}
      {(open.has("redis.backup.list") || open.has("redis.backup.create")) && (
        <BackupsSection database={database} />
      )}
      {settings.some((name) => open.has(name)) && <SettingsSection database={database} />}
      {dangers.some((name) => open.has(name)) && <DangerZone database={database} onReset={onReset} />}
    </>
  );
}

function DatabaseUsage({ id }: { id: string }) {
  return <UsageSection query={useStats(id)} usageOf={databaseUsage} />;
}
