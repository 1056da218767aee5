import { type ApiProblem, unexpectedAnswer, unreachable } from "./problem";

export interface Words {
  title: string;
  text: string;
}

/**
 * What we say for each code. The server's own detail is used where it knows more than we do (field faults,
 * policy); everywhere else these sentences say what happened and what to do, in the page's voice.
 */
const words: Readonly<Record<string, Words>> = {
  [unreachable]: {
    title: "We could not reach the server",
    text: "Check your network connection, then try again.",
  },
  [unexpectedAnswer]: {
    title: "The server gave an answer we do not understand",
    text: "Something between you and the server may be down. Try again in a moment.",
  },
  // What the page gets only by a mistake of its own: the server's detail names it.
  invalid_request: { title: "The server did not understand this page", text: "" },
  invalid_json: { title: "The server did not understand this page", text: "" },
  unknown_field: { title: "The server did not understand this page", text: "" },
  unsupported_media_type: { title: "The server did not understand this page", text: "" },
  method_not_allowed: { title: "The server did not understand this page", text: "" },
  idempotency_key_invalid: { title: "The server did not understand this page", text: "" },
  idempotency_key_reused: {
    title: "This create was sent before with other values",
    text: "Start a new create to make another database.",
  },
  idempotency_key_missing: { title: "The server did not understand this page", text: "" },
  body_too_large: { title: "This is too much to send at once", text: "" },
  not_found: { title: "There is nothing here", text: "" },
  not_connected: { title: "This account was never connected here", text: "Connect Upstash to continue." },
  account_mismatch: { title: "This browser is logged in with another account", text: "" },
  misdirected_request: { title: "This is not the server for this address", text: "" },
  authentication_required: { title: "You are not connected", text: "Connect Upstash to go on." },
  invalid_token: {
    title: "The login was not accepted",
    text: "What Upstash sent back did not pass our checks. Start the login again.",
  },
  session_expired: { title: "Your session has ended", text: "Connect again to go on." },
  token_too_old: {
    title: "The login took too long",
    text: "For your safety a key is made only right after you log in. Start again; it takes a moment.",
  },
  token_already_used: {
    title: "This login was already used",
    text: "It was finished before the account was disconnected. Start the login again.",
  },
  invitation_expired: {
    title: "This invitation is no longer open",
    text: "This invitation has expired or was opened already. Start again in the app that sent you.",
  },
  transaction_mismatch: {
    title: "This invitation was for somebody else",
    text: "Nothing was allowed. Start again in the app that sent you, logged in there as yourself.",
  },
  code_used: {
    title: "This was finished already",
    text: "The app that sent you has received your answer. Go back to it.",
  },
  grant_required: {
    title: "This service may not act for you",
    text: "You have not allowed it, or you took it back. Start again in the service’s own app.",
  },
  grant_paused: {
    title: "This service is paused",
    text: "Upstash no longer accepts the key of this account. Connect the account again, and the service goes on.",
  },
  insufficient_scope: { title: "This service may not do that", text: "" },
  grant_limit: { title: "You allowed this service less than that", text: "" },
  csrf: { title: "The request was blocked", text: "Reload the page and try again." },
  client_not_allowed: {
    title: "This login belongs to another application",
    text: "The login was made for a different application. Start again from this page.",
  },
  upstream_forbidden: {
    title: "Upstash did not allow this",
    text: "Your account may not do this. Check its plan and its limits in the Upstash console.",
  },
  credentials_disabled: {
    title: "Credentials are switched off here",
    text: "Whoever runs this installation has switched off showing credentials. You find them in the Upstash console.",
  },
  database_not_found: {
    title: "There is no such database",
    text: "It may have been deleted in the Upstash console, or it belongs to another account.",
  },
  connect_required: { title: "You are not connected", text: "Connect Upstash to go on." },
  reconnect_required: {
    title: "Upstash no longer accepts the stored key",
    text: "Connect again to put a new key in its place.",
  },
  connect_in_progress: {
    title: "Your account is being connected already",
    text: "Another window is finishing the same login.",
  },
  upstash_key_limit: {
    title: "Your Upstash account has no room for another key",
    text: "Upstash allows a limited number of developer keys per account. Delete one you no longer need in the Upstash console, then start again.",
  },
  database_limit: {
    title: "No further database is allowed",
    text: "The limit is set by the account’s plan at Upstash, or by this installation. Make room or change the plan in the Upstash console.",
  },
  create_in_progress: {
    title: "This database is being created already",
    text: "The same create is still under way. Try again after the wait to see what became of it.",
  },
  validation_failed: { title: "Some values need another look", text: "" },
  not_allowed: { title: "This is not allowed here", text: "" },
  email_unusable: {
    title: "Your Upstash account has no usable e-mail address",
    text: "Upstash needs an e-mail address together with the key. Add one to your account, or use another account.",
  },
  mint_refused: {
    title: "Upstash refused to make a key",
    text: "Nothing was kept. Start again, or use another account.",
  },
  account_type_unsupported: {
    title: "This kind of account cannot be connected",
    text: "Accounts made through Vercel or Fly.io have no developer keys. Use an account made at Upstash itself.",
  },
  rate_limited: { title: "Too many requests", text: "Nothing was lost. Please give it a moment." },
  internal: {
    title: "Something went wrong on our side",
    text: "Try again. If it happens once more, tell us the request number below.",
  },
  upstream_error: {
    title: "Upstash gave an answer we do not understand",
    text: "This is not your fault. Try again in a moment.",
  },
  upstream_redirect: {
    title: "Upstash gave an answer we do not understand",
    text: "This is not your fault. Try again in a moment.",
  },
  issuer_unavailable: {
    title: "The Upstash login cannot be checked right now",
    text: "The login service does not answer. Nothing was lost; try again in a moment.",
  },
  upstream_unavailable: {
    title: "Upstash does not answer",
    text: "Nothing was lost; try again in a moment.",
  },
  upstream_timeout: { title: "Upstash took too long to answer", text: "Try again in a moment." },
  storage_unavailable: {
    title: "Our storage does not answer",
    text: "Try again in a moment; what was done before is still there.",
  },
  outcome_uncertain: {
    title: "We do not know yet whether it worked",
    text: "The connection to Upstash was cut half-way. Try again after the wait: that finds out what became of it, and makes nothing twice.",
  },
};

/** What we say for each limit. Nothing is wrong, so it is said calmly. */
const limits: Readonly<Record<string, Words>> = {
  requests: {
    title: "A little too fast",
    text: "This account has asked for a lot in a short time. Nothing was lost; please give it a moment.",
  },
  creates: {
    title: "Many databases in a short time",
    text: "Only so many can be created at a time. Nothing was made yet, and what you entered is kept.",
  },
  mints: {
    title: "This account was connected very often",
    text: "Each time Upstash has to make a new key, and only so many may be asked for at a time. No further one was made.",
  },
  upstash: {
    title: "Upstash asks us to slow down",
    text: "It takes no further calls of this account for the moment. Nothing was lost.",
  },
};

/** The title and sentence to show for a problem; unknown codes fall back to what the server said. */
export function wordsFor(problem: ApiProblem): Words {
  const known = (problem.limit === undefined ? undefined : limits[problem.limit]) ?? words[problem.code];
  const title = known?.title || problem.title || "Something went wrong";
  const text = known?.text || problem.detail || "Try again in a moment.";
  return { title, text };
}
