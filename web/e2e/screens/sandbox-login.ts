import { demo, fillSignUp, logIn } from "../journey";
import type { Sandbox } from "../sandbox";
import { heading, openWindow } from "./steps";
import type { Area } from "./tour";

/** Where no application listens. No walk goes there. */
const callback = "http://localhost:9999/callback";

/** An authorization request at the sandbox's identity provider. */
function authorize(sandbox: Sandbox, clientId: string, redirectUri = callback): string {
  const parameters = {
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
  };
  return `${sandbox.issuer}/authorize?${new URLSearchParams(parameters)}`;
}

/** What the sandbox's identity provider shows when a login does not go as planned. Its pages are in English. */
export const sandboxLogin: Area = {
  name: "logins that the sandbox rejects",
  languages: ["en"],
  async walk(tour) {
    const { page, sandbox, look } = tour;
    const popup = await openWindow(tour);
    await logIn(popup, { ...demo, password: "not-the-password" });
    await popup.getByText("Wrong email or password.").waitFor();
    await look(popup, "idp-wrong-password");
    await popup.context().clearCookies({ name: "idp_csrf" });
    await logIn(popup);
    await popup.getByText("This page expired.").waitFor();
    await look(popup, "idp-page-expired");
    await fillSignUp(popup, { ...demo, password: "short" });
    await popup.getByRole("button", { name: "Sign up" }).click();
    await popup.getByText("This password is too short.").waitFor();
    await look(popup, "idp-password-too-short");
    await popup.close();

    await page.goto(
      authorize(sandbox, "sandbox-other-partner", `https://${"a-long-name.".repeat(9)}example/`),
    );
    await heading(page, "Something went wrong");
    await look(page, "idp-callback-mismatch");
    await page.goto(`${sandbox.issuer}/v2/logout?client_id=sandbox-spa&returnTo=https://elsewhere.example/`);
    await heading(page, "Something went wrong");
    await look(page, "idp-logout-rejected");
  },
};

/** What the sandbox's identity provider asks a user who is logged in. */
export const sandboxQuestions: Area = {
  name: "questions of the sandbox's login",
  languages: ["en"],
  async walk({ page, sandbox, look }) {
    const registered = { callbacks: [callback], origins: [] };
    const desk = await sandbox.register({
      ...registered,
      client_id: "desk",
      name: "The Desk",
      consent: true,
    });
    await page.goto(authorize(sandbox, desk));
    await logIn(page);
    await heading(page, "Authorize The Desk");
    await look(page, "idp-consent");

    const tool = { ...registered, client_id: "tool", name: "The Tool", confirm_loopback: true };
    await page.goto(authorize(sandbox, await sandbox.register(tool)));
    await heading(page, "Is this you?");
    await look(page, "idp-confirm");

    const guest = { ...registered, name: "The Guest", third_party: true };
    await page.goto(authorize(sandbox, await sandbox.register(guest)));
    await page.getByRole("button", { name: "Decline" }).click();
    await heading(page, "Something went wrong");
    await look(page, "idp-declined");
  },
};
