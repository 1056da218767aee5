import { brand, brandDocuments } from "./brand";
import { changes } from "./changes";
import { connecting, strictThirdParty } from "./connecting";
import { doubts, invitation, reconnect } from "./consent-doubts";
import { createForm, database, interruptions, limits, lists } from "./databases";
import { desktopLogin } from "./desktop-login";
import { documents } from "./documents";
import { embed } from "./embed";
import { examplePartner } from "./example-partner";
import { firstVisit, loginWindow } from "./first-visit";
import { loginsWhileConnected } from "./logins-while-connected";
import { longestAccount } from "./longest-account";
import { manage } from "./manage";
import { noKey } from "./no-key";
import { pageItself } from "./page-itself";
import { resources } from "./resources";
import { sandboxLogin, sandboxQuestions } from "./sandbox-login";
import { disconnecting, picker, services } from "./services";
import { standIns, upstashConsole } from "./stand-ins";
import { states, waits } from "./states";
import type { Area } from "./tour";
import { windowFailures } from "./window-failures";
import { withoutScript } from "./without-script";

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
  connecting,
  strictThirdParty,
  windowFailures,
  noKey,
  loginsWhileConnected,
  pageItself,
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
