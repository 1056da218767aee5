import { useMutation } from "@tanstack/react-query";
import { useIdempotencyKeys } from "@/shared/api/idempotency-key";
import { type BoundedRefetch, useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { useFreshLogin } from "@/shared/session/fresh-login";

export interface Write<Body, Result> {
  send: (body: Body) => void;
  /** Forgets the outcome of the last call, but not its key: a repeat is still recognized. */
  reset: () => void;
  pending: boolean;
  done: boolean;
  error: Error | null;
  result: Result | undefined;
  /** Sends the same call with the same key: at the press of a button, or after a wait that the server named. */
  again: BoundedRefetch;
}

interface Options<Body, Result> {
  call: (body: Body, idempotencyKey: string) => Promise<Result>;
  /** Runs also if the component has gone since: the place to update what is cached. */
  onDone?: (result: Result, body: Body) => void;
}

/**
 * A call that changes something. A repeat after a lost response has the same Idempotency-Key, so that the server checks
 * the outcome first. A call that needs a recent login asks for one and is then sent again.
 */
export function useWrite<Body, Result>({ call, onDone }: Options<Body, Result>): Write<Body, Result> {
  const keys = useIdempotencyKeys();
  const withFreshLogin = useFreshLogin();
  const mutation = useMutation({
    mutationFn: (body: Body) => withFreshLogin(() => call(body, keys.keyFor(body))),
    onSuccess: (result, body) => {
      keys.renew();
      onDone?.(result, body);
    },
  });
  const { mutate, variables, isPending } = mutation;
  const again = useBoundedRefetch(mutation.isSuccess, () => {
    if (!isPending && variables !== undefined) mutate(variables);
  });

  return {
    send: (body) => {
      if (!isPending) mutate(body);
    },
    reset: mutation.reset,
    pending: isPending,
    done: mutation.isSuccess,
    error: mutation.error,
    result: mutation.data,
    again,
  };
}
