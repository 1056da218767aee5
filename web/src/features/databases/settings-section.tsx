import { m } from "@/messages/messages";
import type { Database } from "@/shared/api/types";
import { useOpenOperations } from "@/shared/catalog/catalog";
import { BudgetForm } from "./budget-form";
import { EvictionForm } from "./eviction-form";
import styles from "./manage.module.css";
import { useKnownSettings } from "./manage-api";
import { PlanForm } from "./plan-form";
import { RegionsForm } from "./regions-form";

/** The settings that change what a database costs or keeps. Each is a form of its own: they are separate calls. */
export function SettingsSection({ database }: { database: Database }) {
  const open = useOpenOperations();
  const known = useKnownSettings(database.id);
  const modifying = known?.modifying_state ?? "";
  return (
    <section className={`card ${styles.section}`} aria-labelledby="settings-heading">
      <h2 id="settings-heading">{m.settings_heading()}</h2>
      {modifying !== "" && <p className="hint">{m.settings_modifying({ state: modifying })}</p>}
      {open.has("redis.regions") && <RegionsForm database={database} />}
      {open.has("redis.plan") && <PlanForm database={database} />}
      {open.has("redis.budget") && <BudgetForm database={database} known={known?.budget} />}
      {open.has("redis.eviction") && <EvictionForm database={database} known={known?.eviction} />}
    </section>
  );
}
