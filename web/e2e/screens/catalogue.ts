import { changes } from "./changes";
import { createForm, database, interruptions, limits, lists } from "./databases";
import { documents } from "./documents";
import { firstVisit, loginWindow } from "./first-visit";
import { longestAccount } from "./longest-account";
import { manage } from "./manage";
import { resources } from "./resources";
import { disconnecting, picker, services } from "./services";
import { standIns, upstashConsole } from "./stand-ins";
import { states, waits } from "./states";
import type { Area } from "./tour";

/** Every screen of the product, of its documents and of the sandbox, by the walks that reach them. */
export const catalogue: readonly Area[] = [
  services,
  lists,
  manage,
  changes,
  resources,
  firstVisit,
  database,
  picker,
  createForm,
  disconnecting,
  states,
  waits,
  longestAccount,
  upstashConsole,
  loginWindow,
  documents,
  standIns,
  interruptions,
  limits,
];
