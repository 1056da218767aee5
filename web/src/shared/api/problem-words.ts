import { m } from "@/messages/messages";
import { type ApiProblem, unexpectedAnswer, unreachable } from "./problem";

export interface Words {
  title: string;
  text: string;
}

/** The messages for a problem. */
interface Messages {
  title: () => string;
  text: () => string;
}

/** Only a bug in this page causes these. The server's log names the cause, by the request ID. */
const ofThisPage: Messages = { title: m.problem_invalid_request_title, text: m.problem_invalid_request_text };

/** The page's messages for each problem code. */
const messages: Readonly<Record<string, Messages>> = {
  [unreachable]: { title: m.problem_server_unreachable_title, text: m.problem_server_unreachable_text },
  [unexpectedAnswer]: { title: m.problem_unexpected_answer_title, text: m.problem_unexpected_answer_text },
  invalid_request: ofThisPage,
  invalid_json: ofThisPage,
  unknown_field: ofThisPage,
  unsupported_media_type: ofThisPage,
  method_not_allowed: ofThisPage,
  idempotency_key_invalid: ofThisPage,
  idempotency_key_reused: {
    title: m.problem_idempotency_key_reused_title,
    text: m.problem_idempotency_key_reused_text,
  },
  idempotency_key_missing: ofThisPage,
  body_too_large: { title: m.problem_body_too_large_title, text: m.problem_body_too_large_text },
  not_found: { title: m.problem_not_found_title, text: m.problem_not_found_text },
  not_connected: { title: m.problem_not_connected_title, text: m.problem_not_connected_text },
  account_mismatch: { title: m.problem_account_mismatch_title, text: m.problem_account_mismatch_text },
  misdirected_request: {
    title: m.problem_misdirected_request_title,
    text: m.problem_misdirected_request_text,
  },
  authentication_required: {
    title: m.problem_authentication_required_title,
    text: m.problem_not_connected_text,
  },
  invalid_token: { title: m.problem_invalid_token_title, text: m.problem_invalid_token_text },
  session_expired: { title: m.problem_session_expired_title, text: m.problem_session_expired_text },
  token_too_old: { title: m.problem_token_too_old_title, text: m.problem_token_too_old_text },
  fresh_login_required: {
    title: m.problem_fresh_login_required_title,
    text: m.problem_fresh_login_required_text,
  },
  token_already_used: { title: m.problem_token_already_used_title, text: m.problem_token_already_used_text },
  invitation_expired: { title: m.problem_invitation_expired_title, text: m.problem_invitation_expired_text },
  transaction_mismatch: {
    title: m.problem_transaction_mismatch_title,
    text: m.problem_transaction_mismatch_text,
  },
  code_used: { title: m.problem_code_used_title, text: m.problem_code_used_text },
  grant_required: { title: m.problem_grant_required_title, text: m.problem_grant_required_text },
  grant_paused: { title: m.problem_grant_paused_title, text: m.problem_grant_paused_text },
  insufficient_scope: { title: m.problem_insufficient_scope_title, text: m.problem_insufficient_scope_text },
  grant_limit: { title: m.problem_grant_limit_title, text: m.problem_grant_limit_text },
  csrf: { title: m.problem_csrf_title, text: m.problem_csrf_text },
  client_not_allowed: { title: m.problem_client_not_allowed_title, text: m.problem_client_not_allowed_text },
  upstream_forbidden: { title: m.problem_upstream_forbidden_title, text: m.problem_upstream_forbidden_text },
  credentials_disabled: {
    title: m.problem_credentials_disabled_title,
    text: m.problem_credentials_disabled_text,
  },
  operation_disabled: { title: m.problem_operation_disabled_title, text: m.problem_operation_disabled_text },
  database_not_found: { title: m.problem_database_not_found_title, text: m.problem_database_not_found_text },
  resource_not_found: { title: m.problem_not_found_title, text: m.problem_resource_not_found_text },
  connect_required: { title: m.problem_authentication_required_title, text: m.problem_not_connected_text },
  reconnect_required: { title: m.problem_reconnect_required_title, text: m.problem_reconnect_required_text },
  connect_in_progress: {
    title: m.problem_connect_in_progress_title,
    text: m.problem_connect_in_progress_text,
  },
  upstash_key_limit: { title: m.problem_upstash_key_limit_title, text: m.problem_upstash_key_limit_text },
  database_limit: { title: m.problem_database_limit_title, text: m.problem_database_limit_text },
  resource_limit: { title: m.problem_resource_limit_title, text: m.problem_resource_limit_text },
  create_in_progress: { title: m.problem_create_in_progress_title, text: m.problem_create_in_progress_text },
  validation_failed: { title: m.problem_validation_failed_title, text: m.problem_validation_failed_text },
  not_allowed: { title: m.problem_not_allowed_title, text: m.problem_not_allowed_text },
  confirmation_mismatch: {
    title: m.problem_confirmation_mismatch_title,
    text: m.problem_confirmation_mismatch_text,
  },
  email_unusable: { title: m.problem_email_unusable_title, text: m.problem_email_unusable_text },
  mint_refused: { title: m.problem_mint_refused_title, text: m.problem_mint_refused_text },
  account_type_unsupported: {
    title: m.problem_account_type_unsupported_title,
    text: m.problem_account_type_unsupported_text,
  },
  rate_limited: { title: m.problem_rate_limited_title, text: m.problem_rate_limited_text },
  internal: { title: m.problem_internal_title, text: m.problem_internal_text },
  upstream_error: { title: m.problem_upstream_error_title, text: m.problem_upstream_error_text },
  upstream_redirect: { title: m.problem_upstream_error_title, text: m.problem_upstream_error_text },
  issuer_unavailable: { title: m.problem_issuer_unavailable_title, text: m.problem_issuer_unavailable_text },
  upstream_unavailable: {
    title: m.problem_upstream_unavailable_title,
    text: m.problem_upstream_unavailable_text,
  },
  upstream_timeout: { title: m.problem_upstream_timeout_title, text: m.problem_upstream_timeout_text },
  storage_unavailable: {
    title: m.problem_storage_unavailable_title,
    text: m.problem_storage_unavailable_text,
  },
  outcome_uncertain: { title: m.problem_outcome_uncertain_title, text: m.problem_outcome_uncertain_text },
};

/** The messages for each rate limit. Nothing failed, so they are calm. */
const limits: Readonly<Record<string, Messages>> = {
  requests: { title: m.problem_limit_requests_title, text: m.problem_limit_requests_text },
  creates: { title: m.problem_limit_creates_title, text: m.problem_limit_creates_text },
  mints: { title: m.problem_limit_mints_title, text: m.problem_limit_mints_text },
  pings: { title: m.problem_limit_pings_title, text: m.problem_limit_pings_text },
  upstash: { title: m.problem_limit_upstash_title, text: m.problem_limit_upstash_text },
};

/** The title and text to show for a problem. An unknown code uses those of the server. */
export function wordsFor(problem: ApiProblem): Words {
  const known = (problem.limit === undefined ? undefined : limits[problem.limit]) ?? messages[problem.code];
  const title = known?.title() ?? (problem.title || m.problem_unknown_title());
  const text = known?.text() ?? (problem.detail || m.problem_unknown_text());
  return { title, text };
}
