import type { Write } from "@/shared/write/use-write";

/** Reports a change that took effect. */
export function Changed(props: { write: Pick<Write<never, unknown>, "done">; text: string }) {
  return (
    <p role="status" className={props.write.done ? undefined : "visually-hidden"}>
      {props.write.done && props.text}
    </p>
  );
}
