import { brand, brandDocuments } from "./brand";
import { doubts, invitation, reconnect } from "./consent-doubts";
import { createForm, database, interruptions, limits, lists } from "./databases";
import { desktopLogin } from "./desktop-login";
import { documents } from "./documents";
import { embed } from "./embed";
import { examplePartner } from "./example-partner";
import { firstVisit, loginWindow } from "./first-visit";
import { longestAccount } from "./longest-account";
import { manage } from "./manage";
import { resources } from "./resources";
import { sandboxLogin, sandboxQuestions } from "./sandbox-login";
import { disconnecting, picker, services } from "./services";
import { standIns, upstashConsole } from "./stand-ins";
import type { Area } from "./tour";
import { withoutScript } from "./without-script";

/** Every screen of the product, of its documents and of the sandbox, by the walks that reach them. */
export const catalogue: readonly Area[] = [
  services,
  lists,
  manage,
  resources,
  firstVisit,
  database,
  picker,
  createForm,
  disconnecting,
  longestAccount,
  upstashConsole,
  loginWindow,
  documents,
  standIns,
  interruptions,
  limits,
  invitation,
  doubts,
  reconnect,
  brand,
  brandDocuments,
  embed,
  examplePartner,
  desktopLogin,
  sandboxLogin,
  sandboxQuestions,
  withoutScript,
];
