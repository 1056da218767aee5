import { type ApiProblem, unexpectedAnswer, unreachable } from "./problem";

export interface Words {
  title: string;
  text: string;
}

/**
 * The page's words for each problem code. An empty text means that the server's detail is shown, because it knows more
 * (invalid fields, a policy).
 */
const words: Readonly<Record<string, Words>> = {
  [unreachable]: {
    title: "The server could not be reached",
    text: "Check your network connection, then try again.",
  },
  [unexpectedAnswer]: {
    title: "The server sent an unexpected response",
    text: "A proxy or gateway on the way to the server may be down. Try again in a moment.",
  },
  // Only a bug in this page causes these. The server's detail names the cause.
  invalid_request: { title: "This page sent an invalid request", text: "" },
  invalid_json: { title: "This page sent an invalid request", text: "" },
  unknown_field: { title: "This page sent an invalid request", text: "" },
  unsupported_media_type: { title: "This page sent an invalid request", text: "" },
  method_not_allowed: { title: "This page sent an invalid request", text: "" },
  idempotency_key_invalid: { title: "This page sent an invalid request", text: "" },
  idempotency_key_reused: {
    title: "This request was sent before with other values",
    text: "Open the form again to send another.",
  },
  idempotency_key_missing: { title: "This page sent an invalid request", text: "" },
  body_too_large: { title: "The request is too large", text: "" },
  not_found: { title: "Not found", text: "" },
  not_connected: { title: "This account is not connected", text: "Connect Upstash to continue." },
  account_mismatch: { title: "This browser is logged in with another account", text: "" },
  misdirected_request: { title: "This server does not serve this address", text: "" },
  authentication_required: { title: "You are not connected", text: "Connect Upstash to continue." },
  invalid_token: {
    title: "The login was rejected",
    text: "The login data from Upstash is invalid. Start the login again.",
  },
  session_expired: { title: "Your session has ended", text: "Connect again to continue." },
  token_too_old: {
    title: "The login took too long",
    text: "For your security, we create a key only right after you log in. Start the login again.",
  },
  fresh_login_required: {
    title: "Log in again to continue",
    text: "This needs a login of the last ten minutes. Nothing was changed.",
  },
  token_already_used: {
    title: "This login was already used",
    text: "The account was disconnected after this login. Start the login again.",
  },
  invitation_expired: {
    title: "This invitation is no longer open",
    text: "It has expired or was already opened. Start again in the app that sent you.",
  },
  transaction_mismatch: {
    title: "This invitation was for someone else",
    text: "No access was granted. Log in to the app that sent you with your own account, and start again there.",
  },
  code_used: {
    title: "This request is already complete",
    text: "The app that sent you has received your response. Return to it.",
  },
  grant_required: {
    title: "This service has no access to your account",
    text: "You have not allowed it, or you revoked its access. Start again in the service’s app.",
  },
  grant_paused: {
    title: "This service is paused",
    text: "Upstash no longer accepts the key of this account. Connect the account again to resume the service.",
  },
  insufficient_scope: { title: "This service does not have that permission", text: "" },
  grant_limit: { title: "This is beyond what you allowed this service", text: "" },
  csrf: { title: "The request was blocked", text: "Reload the page and try again." },
  client_not_allowed: {
    title: "This login belongs to another application",
    text: "You logged in to a different application. Start the login again from this page.",
  },
  upstream_forbidden: {
    title: "Upstash rejected the request",
    text: "Your Upstash account does not have permission. Check its plan and limits in the Upstash console.",
  },
  credentials_disabled: {
    title: "Credentials are disabled here",
    text: "The operator of this server has disabled showing credentials. You can find them in the Upstash console.",
  },
  operation_disabled: {
    title: "This is disabled here",
    text: "The operator of this server does not allow it. Use the Upstash console instead.",
  },
  database_not_found: {
    title: "Database not found",
    text: "It was deleted in the Upstash console, or it belongs to another account.",
  },
  resource_not_found: {
    title: "Not found",
    text: "It was deleted in the Upstash console, or it belongs to another account.",
  },
  connect_required: { title: "You are not connected", text: "Connect Upstash to continue." },
  reconnect_required: {
    title: "Upstash no longer accepts the stored key",
    text: "Connect again to replace the key.",
  },
  connect_in_progress: {
    title: "Your account is already being connected",
    text: "Another window is completing the login.",
  },
  upstash_key_limit: {
    title: "Your Upstash account has reached its limit of keys",
    text: "Delete a developer key that you no longer need in the Upstash console, then start again.",
  },
  database_limit: {
    title: "Your account has reached its limit of databases",
    text: "Your Upstash plan or this server sets the limit. Delete a database or change the plan in the Upstash console.",
  },
  resource_limit: {
    title: "Your account has reached a limit",
    text: "Your Upstash plan or this server sets the limit. Delete something or change the plan in the Upstash console.",
  },
  create_in_progress: {
    title: "This is already being created",
    text: "The first request is still in progress. Try again after the wait to see its result.",
  },
  validation_failed: { title: "Some fields are invalid", text: "" },
  not_allowed: { title: "This is not allowed", text: "" },
  confirmation_mismatch: {
    title: "The name does not match",
    text: "Nothing was changed. The name may have changed: reload the page, then type the name it shows.",
  },
  email_unusable: {
    title: "Your Upstash account has no usable e-mail address",
    text: "Upstash requires an e-mail address together with the key. Add one to your account, or use another account.",
  },
  mint_refused: {
    title: "Upstash did not create a key",
    text: "Nothing was stored. Start again, or use another account.",
  },
  account_type_unsupported: {
    title: "This type of account cannot be connected",
    text: "Accounts created through Vercel or Fly.io have no developer keys. Use an account created directly at Upstash.",
  },
  rate_limited: { title: "Too many requests", text: "Nothing was lost. Wait a moment, then try again." },
  internal: {
    title: "Something went wrong on our side",
    text: "Try again. If it fails again, report the request ID below.",
  },
  upstream_error: {
    title: "Upstash sent an unexpected response",
    text: "This is not your fault. Try again in a moment.",
  },
  upstream_redirect: {
    title: "Upstash sent an unexpected response",
    text: "This is not your fault. Try again in a moment.",
  },
  issuer_unavailable: {
    title: "Logins cannot be verified right now",
    text: "The login service of Upstash is not responding. Nothing was lost. Try again in a moment.",
  },
  upstream_unavailable: {
    title: "Upstash is not responding",
    text: "Nothing was lost. Try again in a moment.",
  },
  upstream_timeout: { title: "Upstash took too long to respond", text: "Try again in a moment." },
  storage_unavailable: {
    title: "Our storage is not responding",
    text: "Your earlier changes are safe. Try again in a moment.",
  },
  outcome_uncertain: {
    title: "We don't know yet whether it worked",
    text: "The connection to Upstash was interrupted. Try again after the wait: we check the outcome first, and never do it twice.",
  },
};

/** The words for each rate limit. Nothing failed, so they are calm. */
const limits: Readonly<Record<string, Words>> = {
  requests: {
    title: "You're going too fast",
    text: "This account has sent many requests in a short time. Nothing was lost. Wait a moment.",
  },
  creates: {
    title: "You're creating too quickly",
    text: "Nothing was created yet, and the form keeps your entries.",
  },
  mints: {
    title: "You're connecting this account too often",
    text: "Each connection needs a new key from Upstash, and their number is limited. No key was created.",
  },
  upstash: {
    title: "Upstash asks us to slow down",
    text: "Upstash accepts no more requests for this account right now. Nothing was lost.",
  },
};

/** The title and text to show for a problem. An unknown code uses those of the server. */
export function wordsFor(problem: ApiProblem): Words {
  const known = (problem.limit === undefined ? undefined : limits[problem.limit]) ?? words[problem.code];
  const title = known?.title || problem.title || "Something went wrong";
  const text = known?.text || problem.detail || "Try again in a moment.";
  return { title, text };
}
