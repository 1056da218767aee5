import licence from "swagger-ui-dist/LICENSE?url";
import SwaggerUI from "swagger-ui-dist/swagger-ui-es-bundle.js";
import notices from "swagger-ui-dist/swagger-ui-es-bundle.js.LICENSE.txt?url";
import "swagger-ui-dist/swagger-ui.css";
import "./docs.css";
import { addressOf } from "@/shared/public-path";
import { fromThisPage } from "./request";
import { sessionIsTheBrowsers } from "./session-scheme";

const link = (text: string, href: string) =>
  Object.assign(document.createElement("a"), { textContent: text, href });
document
  .querySelector("#licences")
  ?.append(link("Apache License 2.0", licence), ", ", link("licences of its parts", notices));

// The viewer's own dark theme hangs on a class, not on the browser's preference.
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

const node = document.querySelector("#viewer");
if (node === null) throw new Error("docs.html has no #viewer");

SwaggerUI({
  domNode: node,
  url: addressOf("/api/v1/openapi.json"),
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  // A pasted token lives in this page's memory alone, and no link may bring settings or another document along.
  persistAuthorization: false,
  queryConfigEnabled: false,
  validatorUrl: null,
  syntaxHighlight: { activated: false }, // its colours are too faint, and fixed in the markup
  requestInterceptor: fromThisPage(window.location.origin),
  plugins: [sessionIsTheBrowsers],
});
