import { callApi } from "@/shared/api/client";
import type { Approval, Departure, Transaction } from "@/shared/api/services";

/** Swaps an invitation for a transaction of this browser. It works once. */
export function openTransaction(invitation: string): Promise<Transaction> {
  return callApi<Transaction>("POST", "/transaction", { body: { invitation } });
}

export function readTransaction(): Promise<Transaction> {
  return callApi<Transaction>("GET", "/transaction");
}

/** Binds the account that this browser is connected as. */
export function bindAccount(): Promise<Transaction> {
  return callApi<Transaction>("POST", "/transaction/account");
}

export function approveTransaction(approval: Approval): Promise<Departure> {
  return callApi<Departure>("POST", "/transaction/approval", { body: approval });
}

export function refuseTransaction(): Promise<Departure> {
  return callApi<Departure>("DELETE", "/transaction");
}
