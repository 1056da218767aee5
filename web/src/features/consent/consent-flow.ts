import type { QueryClient } from "@tanstack/react-query";
import { m } from "@/messages/messages";
import { ApiProblem } from "@/shared/api/problem";
import type { Approval, Transaction } from "@/shared/api/services";
import { takeFinishedLogin } from "@/shared/connect/finished-login";
import { type Narrowing, narrowingOf } from "@/shared/grants/policy";
import { noteProblem, sessionQuery } from "@/shared/session/session";
import { leaveTo } from "./leave";
import { forgetOpenedInvitation, rememberOpenedInvitation, wasInvitationOpened } from "./opened-invitation";
import {
  approveTransaction,
  bindAccount,
  openTransaction,
  readTransaction,
  refuseTransaction,
} from "./transaction";

/** Why the user is asked for the account once more. */
export type Doubt = "account_changed" | "other_account" | "other_request" | "key_refused" | "session_ended";

export type View =
  | { name: "loading" }
  /** Nobody sent this browser here. */
  | { name: "none" }
  | { name: "expired" }
  /** The transaction could not be read. */
  | { name: "failed"; error: unknown }
  | { name: "account"; transaction: Transaction; doubt?: Doubt; error?: unknown }
  | { name: "consent"; transaction: Transaction; error?: unknown }
  /** The user selects the database that the service asks for. */
  | { name: "select"; transaction: Transaction; error?: unknown }
  | { name: "busy"; title: string }
  | { name: "leaving"; transaction: Transaction };

/** Leads through a connect session: opens the invitation, binds the account, and sends what the user decides. */
export class ConsentFlow {
  private transaction: Transaction | undefined;
  /** What the user allows, while they select a database. */
  private choice: Narrowing | undefined;

  constructor(
    private readonly client: QueryClient,
    private readonly show: (view: View) => void,
  ) {}

  /** Opens an invitation, or continues the transaction that this browser has. */
  async open(invitation: string | undefined): Promise<void> {
    this.show({ name: "loading" });
    try {
      // An invitation opens once. Where only what came after it failed, the transaction is there.
      const opens = invitation !== undefined && this.transaction === undefined;
      const transaction = await (opens ? openTransaction(invitation) : readTransaction());
      this.transaction = transaction;
      rememberOpenedInvitation();

      const session = await this.client.ensureQueryData(sessionQuery);
      const login = takeFinishedLogin(transaction.id);
      const connected = session.kind === "connected" ? session.session.connection.id : undefined;
      if (login !== undefined && login.connection === connected) await this.bind(transaction, connected);
      else this.show(standing(transaction));
    } catch (error) {
      this.show(unopened(error, invitation === undefined && !wasInvitationOpened()));
      if (isGone(error)) forgetOpenedInvitation();
    }
  }

  /** Continues with the account that the user saw. */
  async continueAs(connectionId: string): Promise<void> {
    if (this.transaction !== undefined) await this.bind(this.transaction, connectionId);
  }

  /** Continues with the account of a login that has just succeeded. */
  async loggedIn(): Promise<void> {
    const session = this.client.getQueryData(sessionQuery.queryKey);
    if (session?.kind === "connected") await this.continueAs(session.session.connection.id);
  }

  /** Goes back to the choice of the account, and explains why if the user did not ask for it. */
  chooseAgain(doubt?: Doubt): void {
    if (this.transaction !== undefined) this.ask(this.transaction, doubt);
  }

  /** The user allows this much. If the service asks for a database, they select it before anything is sent. */
  async approve(choice: Narrowing): Promise<void> {
    if (this.transaction !== undefined && this.transaction.select !== "") {
      this.choice = choice;
      this.show({ name: "select", transaction: this.transaction });
    } else {
      await this.sendApproval(choice);
    }
  }

  /** Hands over this database, with what the user allowed. */
  async connectDatabase(id: string): Promise<void> {
    if (this.choice !== undefined) await this.sendApproval(this.choice, id);
  }

  /** The id of the undecided transaction; undefined if the page shows none. */
  get undecided(): string | undefined {
    return this.transaction?.id;
  }

  private async sendApproval(choice: Narrowing, database?: string): Promise<void> {
    const transaction = this.transaction;
    const account = transaction?.account ?? null;
    if (transaction === undefined || account === null) return;
    await this.decide(transaction, async (present) => {
      if (present.account?.connection_id !== account.connection_id) {
        await this.doubtAccount(present, "account_changed");
        return undefined;
      }
      return await approveTransaction(approvalOf(transaction, account.connection_id, choice, database));
    });
  }

  async decline(): Promise<void> {
    if (this.transaction !== undefined) await this.decide(this.transaction, refuseTransaction);
  }

  private async bind(before: Transaction, connectionId: string): Promise<void> {
    this.show({ name: "busy", title: m.consent_busy_title() });
    let bound: Transaction;
    try {
      bound = await bindAccount();
    } catch (error) {
      await this.fail(before, error);
      return;
    }

    if (bound.id !== before.id) {
      this.ask(bound, "other_request");
      return;
    }
    if (bound.account?.connection_id !== connectionId) {
      await this.doubtAccount(bound, "account_changed");
      return;
    }
    this.transaction = bound;
    if (asksOnce(bound)) await this.approve(narrowingOf(bound.asked));
    else this.show({ name: "consent", transaction: bound });
  }

  /** Sends a decision about the transaction that the user saw, and leaves for the service. */
  private async decide(
    transaction: Transaction,
    send: (present: Transaction) => Promise<{ return_url: string } | undefined>,
  ): Promise<void> {
    this.show({ name: "busy", title: m.consent_leaving_title({ service: transaction.service.name }) });
    try {
      // The cookie is the whole browser's: another tab may have put another transaction in its place.
      const present = await readTransaction();
      if (present.id !== transaction.id) {
        this.ask(present, "other_request");
        return;
      }
      const target = await send(present);
      if (target !== undefined) this.leave(transaction, target.return_url);
    } catch (error) {
      await this.fail(transaction, error);
    }
  }

  private leave(transaction: Transaction, address: string): void {
    this.transaction = undefined;
    forgetOpenedInvitation();
    this.show({ name: "leaving", transaction });
    if (!leaveTo(address)) this.show({ name: "failed", error: new Error("not an address of the web") });
  }

  private async fail(transaction: Transaction, error: unknown): Promise<void> {
    if (!(error instanceof ApiProblem)) {
      this.show(this.stay(transaction, error));
    } else if (error.code === "invitation_expired") {
      this.transaction = undefined;
      forgetOpenedInvitation();
      this.show({ name: "expired" });
    } else if (error.code === "account_mismatch") {
      await this.doubtAccount(transaction, transaction.reconnect ? "other_account" : "account_changed");
    } else if (error.asksToReconnect || error.endsSession) {
      noteProblem(this.client, error);
      this.ask(transaction, error.endsSession ? undefined : "key_refused");
    } else {
      this.show(this.stay(transaction, error));
    }
  }

  /** The screen on which the user was, with what went wrong. */
  private stay(transaction: Transaction, error: unknown): View {
    const selecting = this.choice !== undefined;
    return { ...(selecting ? { name: "select" as const, transaction } : standing(transaction)), error };
  }

  /** What this browser is connected as is read again before it is offered again. */
  private async doubtAccount(transaction: Transaction, doubt: Doubt): Promise<void> {
    await this.client.invalidateQueries({ queryKey: sessionQuery.queryKey, refetchType: "all" });
    this.ask(transaction, doubt);
  }

  private ask(transaction: Transaction, doubt?: Doubt): void {
    this.transaction = transaction;
    this.choice = undefined;
    this.show({ name: "account", transaction, ...(doubt === undefined ? {} : { doubt }) });
  }
}

/** The sentence above the button is the consent: a screen of its own would only repeat it. */
export function asksOnce(transaction: Transaction): boolean {
  return transaction.service.built_in || transaction.reconnect;
}

function standing(transaction: Transaction): Extract<View, { name: "account" | "consent" }> {
  const name = transaction.account !== null && !asksOnce(transaction) ? "consent" : "account";
  return { name, transaction };
}

function unopened(error: unknown, uninvited: boolean): View {
  if (isGone(error)) return uninvited ? { name: "none" } : { name: "expired" };
  // A server without services knows no transactions.
  if (uninvited && error instanceof ApiProblem && error.code === "not_found") return { name: "none" };
  return { name: "failed", error };
}

function isGone(error: unknown): boolean {
  return error instanceof ApiProblem && error.code === "invitation_expired";
}

/** What the user saw is sent in full: whatever the server holds by now, no more than that is allowed. */
function approvalOf(
  transaction: Transaction,
  connection_id: string,
  choice: Narrowing,
  database: string | undefined,
): Approval {
  const shown = {
    id: transaction.id,
    connection_id,
    ...(database === undefined ? {} : { database_id: database }),
  };
  // A reconnect changes nothing of the grant, so it names nothing.
  return transaction.reconnect ? shown : { ...shown, ...choice };
}
