import createFetch, { type Client as FetchClient } from "openapi-fetch";
import { checkObject, problemOf, ResponseError } from "./problem.ts";
import { withRetries } from "./retry.ts";
import type { components, paths } from "./schema.gen.ts";

type Schemas = components["schemas"];

export type ConnectSessionRequest = Schemas["ConnectSessionRequest"];
export type OpenedConnectSession = Schemas["OpenedConnectSession"];
export type ConnectSession = Schemas["ConnectSession"];
export type Completion = Schemas["Completion"];
export type Grant = Schemas["Grant"];
export type GrantChange = Schemas["NarrowGrantRequest"];
export type Database = Schemas["Database"];
export type CreateDatabaseRequest = Schemas["CreateDatabaseRequest"];
export type Credentials = Schemas["Credentials"];
export type Catalog = Schemas["Catalog"];
export type WebhookEvent = Schemas["WebhookEvent"];

export interface ClientOptions {
  /** The server, such as https://connect.example.com, with its path if it has one. https, except on loopback. */
  url: string;
  /** The service token (upc_…). Never send it to a browser. */
  token: string;
  /**
   * How long one attempt may take until its response is complete, in milliseconds; default: 120,000, because a create
   * takes up to 90 seconds. After that, the call fails with a DOMException whose name is TimeoutError. It must be longer
   * than the `wait` of `listEvents`.
   */
  timeout?: number;
  /** Replaces the global fetch. */
  fetch?: typeof fetch;
}

export interface CallOptions {
  /** Ends the call, also while it waits before a repetition. The call then fails with the reason of the signal. */
  signal?: AbortSignal;
}

/**
 * Calls a server as a service. An error that the server reports is a ProblemError, and a response that is not of the
 * API is a ResponseError. Any other error is a call that got no complete response, or was never sent.
 */
export class Client {
  /**
   * All calls of the API, typed by its document. Errors are thrown, so `data` is there unless the call succeeds with
   * status 204. It is some JSON object: unlike the methods of this class, `api` does not check which keys it has.
   */
  readonly api: FetchClient<paths, `${string}/${string}`>;

  /** Private also at run time: it has the token, which nothing may print. */
  readonly #options: ClientOptions;

  constructor(options: ClientOptions, header: Record<string, string> = {}) {
    this.#options = { ...options };
    const { url, token, timeout = 120_000 } = options;
    // Anything else would be quoted in the error of an invalid header.
    if (!/^[\x21-\x7e]+$/.test(token.trim())) throw new TypeError("a service token is required, and one only");
    // A longer timer would fire immediately.
    if (!(timeout > 0 && timeout < 2 ** 31)) throw new TypeError("the timeout must be between 1 and 2147483647 ms");
    this.api = createFetch<paths>({
      baseUrl: `${checked(url)}/api/v1`,
      headers: { Authorization: `Bearer ${token.trim()}`, ...header },
      // Another host must not get the token.
      redirect: "error",
      fetch: withRetries(options.fetch ?? fetch, timeout),
    });
    this.api.use({
      async onResponse({ response, options: { parseAs } }) {
        if (!response.ok) throw await problemOf(response);
        if (parseAs === "json") await checkObject(response);
      },
    });
  }

  /** Invites one of your users. Send their browser to `url`, which works once, within 30 minutes. */
  openConnectSession(body: ConnectSessionRequest, options?: CallOptions): Promise<OpenedConnectSession> {
    const call = this.api.POST("/connect-sessions", { body, ...only(options) });
    return dataOf(call, "id", "url", "status_token");
  }

  getConnectSession(id: string, options?: CallOptions): Promise<ConnectSession> {
    const call = this.api.GET("/connect-sessions/{id}", { params: { path: { id } }, ...only(options) });
    return dataOf(call, "id", "state");
  }

  /**
   * Turns an approved session into a grant. `externalId` must be the user who is logged in to your product on the
   * return page: read it from your own session, never from the address.
   */
  completeConnectSession(
    id: string,
    code: string,
    externalId: string,
    options?: CallOptions,
  ): Promise<Completion> {
    const sent = { params: { path: { id } }, body: { code, external_id: externalId }, ...only(options) };
    return dataOf(this.api.POST("/connect-sessions/{id}/complete", sent), "id", "external_id", "state");
  }

  /** Your service's grants, newest first: those of one user, or all. */
  async listGrants(externalId?: string, options?: CallOptions): Promise<Grant[]> {
    const query = externalId === undefined ? {} : { external_id: externalId };
    return (await dataOf(this.api.GET("/grants", { params: { query }, ...only(options) }), "grants")).grants;
  }

  getGrant(id: string, options?: CallOptions): Promise<Grant> {
    const call = this.api.GET("/grants/{id}", { params: { path: { id } }, ...only(options) });
    return dataOf(call, "id", "external_id", "state");
  }

  /** Gives back what your service no longer needs. No call widens a grant. */
  narrowGrant(id: string, body: GrantChange, options?: CallOptions): Promise<Grant> {
    const call = this.api.PATCH("/grants/{id}", { params: { path: { id } }, body, ...only(options) });
    return dataOf(call, "id", "external_id", "state");
  }

  async revokeGrant(id: string, options?: CallOptions): Promise<void> {
    const { response } = await this.api.DELETE("/grants/{id}", { params: { path: { id } }, ...only(options) });
    if (response.status !== 204) throw new ResponseError(response.status, "this call succeeds with status 204 only");
  }

  /** Events of the last 72 hours after a position: "start", "latest", or `next` of the previous page. */
  async listEvents(
    after = "start",
    wait = 0,
    options?: CallOptions,
  ): Promise<{ events: WebhookEvent[]; next: string }> {
    const call = this.api.GET("/webhook-events", { params: { query: { after, wait } }, ...only(options) });
    return dataOf(call, "events", "next");
  }

  /** Acts for one of your users, under the grant that they gave you. `externalId` is your own id of the user. */
  forUser(externalId: string): ActingClient {
    return new ActingClient(this.#options, { "Connect-User": externalId });
  }

  /** Acts under a grant. */
  forGrant(id: string): ActingClient {
    return new ActingClient(this.#options, { "Connect-Grant": id });
  }

  /** Hides the token. */
  toJSON(): { url: string } {
    return { url: this.#options.url };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Client(${this.#options.url})`;
  }
}

/** Calls a server as a service that acts for a user. */
export class ActingClient extends Client {
  /** The databases that the grant covers. */
  async listDatabases(options?: CallOptions): Promise<Database[]> {
    return (await dataOf(this.api.GET("/databases", only(options)), "databases")).databases;
  }

  getDatabase(id: string, options?: CallOptions): Promise<Database> {
    const call = this.api.GET("/databases/{id}", { params: { path: { id } }, ...only(options) });
    return dataOf(call, "id", "name");
  }

  /**
   * Creates a database. The key is your own, such as the number of an order: the same key and request return the same
   * database for 24 hours, so that you can repeat the call after any failure.
   */
  createDatabase(body: CreateDatabaseRequest, idempotencyKey: string, options?: CallOptions): Promise<Database> {
    if (idempotencyKey === "") throw new TypeError("createDatabase needs an idempotency key");
    const params = { header: { "Idempotency-Key": idempotencyKey } };
    return dataOf(this.api.POST("/databases", { params, body, ...only(options) }), "id", "name");
  }

  /** The secrets of a database. Reading them is recorded in the user's activity. */
  getDatabaseCredentials(id: string, options?: CallOptions): Promise<Credentials> {
    const call = this.api.GET("/databases/{id}/credentials", { params: { path: { id } }, ...only(options) });
    return dataOf(call, "endpoint", "password", "rest_token");
  }

  /** The operations, regions and plans that the grant may use. */
  getCatalog(options?: CallOptions): Promise<Catalog> {
    return dataOf(this.api.GET("/catalog", only(options)), "operations", "regions");
  }
}

export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

/** What a call takes of its options. */
function only(options: CallOptions = {}): { signal: AbortSignal | null } {
  return { signal: options.signal ?? null };
}

/**
 * The data of a response. A failed one has thrown before. The client recognizes the answer by these keys: the JSON of
 * another program, such as {"status":"maintenance"} of a gateway, lacks them.
 */
async function dataOf<Data extends object>(
  call: Promise<{ data?: Data; response: Response }>,
  ...keys: (keyof Data & string)[]
): Promise<Data> {
  const { data, response } = await call;
  if (data === undefined) throw new ResponseError(response.status, "it has no body");
  for (const key of keys) {
    const value: unknown = data[key];
    if (!(lists.has(key) ? Array.isArray(value) : typeof value === "string")) {
      throw new ResponseError(response.status, "its body is not JSON of the API");
    }
  }
  return data;
}

/** The keys whose value is a list; the other keys that identify an answer have a text. */
const lists = new Set(["grants", "databases", "events", "operations", "regions"]);

function checked(url: string): string {
  const parsed = new URL(url);
  const loopback = ["localhost", "[::1]"].includes(parsed.hostname) || /^127(\.\d{1,3}){3}$/.test(parsed.hostname);
  if (parsed.protocol !== "https:" && !(parsed.protocol === "http:" && loopback)) {
    throw new TypeError("the server's URL must be https, except on loopback");
  }
  if (parsed.username || parsed.password || parsed.search || parsed.hash) {
    throw new TypeError("the server's URL must be such as https://connect.example.com");
  }
  return url.replace(/\/$/, "");
}
