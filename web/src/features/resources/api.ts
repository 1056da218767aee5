import { type QueryClient, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, dataOf } from "@/shared/api/client";
import { confirmName } from "@/shared/api/confirm-name";
import { useIdempotencyKeys } from "@/shared/api/idempotency-key";
import { ApiProblem } from "@/shared/api/problem";
import type { CreateSearchIndex, CreateVectorIndex } from "@/shared/api/types";
import { useOpenOperations } from "@/shared/catalog/catalog";
import { useConnection } from "@/shared/session/connection";
import { useFreshLogin } from "@/shared/session/fresh-login";
import { readCached } from "@/shared/session/read-cached";
import { accountKey } from "@/shared/session/session";
import { type Confirmation, nameOf, type Product, type Resource, search, vector } from "./products";

// Keys carry the connection's id: after a change of account nothing of the old one can be shown.
const listKey = (account: string, product: Product) => [accountKey, account, product.id] as const;
const oneKey = (account: string, product: Product, id: string) => [...listKey(account, product), id] as const;

/** Lists of several products must not multiply the requests of a user who returns to the window. */
const fresh = 60_000;

/** The account's resources of a product. */
export function useResources(product: Product) {
  const account = useConnection().id;
  return useQuery({
    queryKey: listKey(account, product),
    queryFn: ({ client, signal, queryKey }) =>
      readCached(client, queryKey, (headers) => product.list({ headers, signal })),
    staleTime: fresh,
  });
}

/** One resource. Where only the list is open, it is looked up there. */
export function useResource(product: Product, id: string) {
  const account = useConnection().id;
  const open = useOpenOperations();
  const listOnly = open.has(`${product.id}.list`) && !open.has(`${product.id}.get`);
  return useQuery({
    queryKey: oneKey(account, product, id),
    queryFn: async ({ client, signal, queryKey }) => {
      if (!listOnly) {
        return readCached(client, queryKey, (headers) => product.get(id, { headers, signal }));
      }
      const all = await readCached(client, listKey(account, product), (headers) =>
        product.list({ headers, signal }),
      );
      return all.find((each) => each.id === id) ?? Promise.reject(notFound);
    },
    enabled: open.size > 0,
  });
}

const notFound = new ApiProblem({ code: "resource_not_found", status: 404, title: "", detail: "" });

/** The usage of a resource. */
export function useStats(product: Product, id: string) {
  const account = useConnection().id;
  return useQuery({
    queryKey: [...oneKey(account, product, id), "stats"],
    queryFn: ({ client, signal, queryKey }) =>
      readCached(client, queryKey, (headers) => product.stats(id, { headers, signal })),
    staleTime: fresh,
  });
}

export function useCreateVector() {
  const remember = useRemember(vector);
  const keys = useIdempotencyKeys();
  return useMutation({
    mutationFn: (body: CreateVectorIndex) =>
      dataOf(
        api.POST("/vector/indexes", { params: { header: { "Idempotency-Key": keys.keyFor(body) } }, body }),
      ),
    onSuccess: remember,
  });
}

export function useCreateSearch() {
  const remember = useRemember(search);
  const keys = useIdempotencyKeys();
  return useMutation({
    mutationFn: (body: CreateSearchIndex) =>
      dataOf(
        api.POST("/search/indexes", { params: { header: { "Idempotency-Key": keys.keyFor(body) } }, body }),
      ),
    onSuccess: remember,
  });
}

/**
 * Fetches the tokens. A mutation and not a query: it is audited, so it must happen only when asked for, and the answer
 * must not stay in a cache.
 */
export function useReveal(product: Product, id: string) {
  return useMutation({ mutationFn: () => dataOf(product.reveal(id)), gcTime: 0 });
}

/** Replaces the tokens. */
export function useReset(product: Product, resource: Resource, onDone: () => void) {
  const confirmed = useConfirmed(resource);
  return useMutation({
    mutationFn: () => confirmed("reset", (header) => dataOf(product.reset(resource.id, header))),
    onSuccess: onDone,
  });
}

export function useRename(product: Product, resource: Resource, onDone: (name: string) => void) {
  const confirmed = useConfirmed(resource);
  const remember = useRemember(product);
  const { rename } = product;
  return useMutation({
    mutationFn: (name: string) => {
      if (rename === undefined) throw new Error(`${product.id} has no names`);
      return confirmed(name, (header) => dataOf(rename(resource.id, name, header)));
    },
    onSuccess: (renamed, name) => {
      remember(renamed);
      onDone(name);
    },
  });
}

export function useRemove(product: Product, resource: Resource, onDone: () => void) {
  const confirmed = useConfirmed(resource);
  const account = useConnection().id;
  const client = useQueryClient();
  const { remove } = product;
  return useMutation({
    mutationFn: () => {
      if (remove === undefined) throw new Error(`${product.id} deletes nothing`);
      return confirmed("delete", (header) => dataOf(remove(resource.id, header)));
    },
    onSuccess: () => {
      changeList(client, account, product, (list) => list.filter(({ id }) => id !== resource.id));
      onDone();
      // After the page has left it: a query that is shown would be sent again.
      setTimeout(() => client.removeQueries({ queryKey: oneKey(account, product, resource.id) }), 0);
    },
  });
}

/**
 * Sends a guarded call: with the name of the resource, with a fresh login where one is needed, and with the same
 * idempotency key for the same values, so that a call whose outcome is uncertain can be sent again.
 */
function useConfirmed(resource: Resource) {
  const keys = useIdempotencyKeys();
  const withFreshLogin = useFreshLogin();
  return <T>(values: string, call: (header: Confirmation) => Promise<T>) =>
    withFreshLogin(() => call({ "Idempotency-Key": keys.keyFor(values), ...confirmName(nameOf(resource)) }));
}

/** Puts a resource that was created or changed in the cache. */
function useRemember(product: Product) {
  const client = useQueryClient();
  const account = useConnection().id;
  return (resource: Resource) => {
    client.setQueryData(oneKey(account, product, resource.id), resource);
    changeList(client, account, product, (list) =>
      list.some(({ id }) => id === resource.id)
        ? list.map((each) => (each.id === resource.id ? resource : each))
        : [...list, resource],
    );
  };
}

/** Changes the list that is shown until it is read again, which is soon. */
function changeList(
  client: QueryClient,
  account: string,
  product: Product,
  change: (list: Resource[]) => Resource[],
): void {
  const queryKey = listKey(account, product);
  client.setQueryData<Resource[]>(queryKey, (list) => list && change(list));
  void client.invalidateQueries({ queryKey, exact: true });
}
