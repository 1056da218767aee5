import type { Database } from "@/shared/api/types";
import { useOpenOperations } from "@/shared/session/catalog";
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
  const isOpen = useOpenOperations();
  return (
    <>
      {isOpen("redis.stats") && <DatabaseUsage id={database.id} />}
      {(isOpen("redis.backup.list") || isOpen("redis.backup.create")) && (
        <BackupsSection database={database} />
      )}
      {settings.some(isOpen) && <SettingsSection database={database} />}
      {dangers.some(isOpen) && <DangerZone database={database} onReset={onReset} />}
    </>
  );
}

function DatabaseUsage({ id }: { id: string }) {
  return <UsageSection query={useStats(id)} usageOf={databaseUsage} />;
}
