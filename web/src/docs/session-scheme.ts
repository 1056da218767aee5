import type { Wrap } from "swagger-ui-dist/swagger-ui-es-bundle.js";

/**
 * In the authorize dialog, cookies are explained instead of asked for: script can neither read nor set them, so a field
 * for one would take a secret and do nothing.
 */
const apiKeyAuth: Wrap =
  (Original, { React }) =>
  (props: Record<string, unknown>) => {
    const schema = props.schema as { get(name: string): unknown };
    if (schema.get("in") !== "cookie") return React.createElement(Original, props);
    return React.createElement(
      "p",
      { className: "docs-session" },
      "Your browser sends this cookie automatically, once the page has set it. There is nothing to enter.",
    );
  };

export const sessionIsTheBrowsers = { wrapComponents: { apiKeyAuth } };
