import { api, csrf, dataOf } from "@/shared/api/client";
import type { Approval, ReturnTarget, Transaction } from "@/shared/api/services";

/** Swaps an invitation for a transaction of this browser. It works once. */
export function openTransaction(invitation: string): Promise<Transaction> {
  return dataOf(api.POST("/transaction", { params: csrf, body: { invitation } })) as Promise<Transaction>;
}

export function readTransaction(): Promise<Transaction> {
  return dataOf(api.GET("/transaction", { params: csrf })) as Promise<Transaction>;
}

/** Binds the account that this browser is connected as. */
export function bindAccount(): Promise<Transaction> {
  return dataOf(api.POST("/transaction/account", { params: csrf })) as Promise<Transaction>;
}

/**
 * Reports that the user closed the page. The browser sends it after the page is gone (keepalive), and nobody reads the
 * answer.
 */
export function reportDeparture(id: string): void {
  void api.POST("/transaction/left", { params: csrf, body: { id }, keepalive: true }).catch(() => {});
}

export function approveTransaction(approval: Approval): Promise<ReturnTarget> {
  return dataOf(api.POST("/transaction/approval", { params: csrf, body: approval }));
}

export function refuseTransaction(): Promise<ReturnTarget> {
  return dataOf(api.DELETE("/transaction", { params: csrf }));
}
