import { ParaglideMessage } from "@inlang/paraglide-js-react";
import { type Ref, useEffect, useRef, useState } from "react";
import { Link } from "wouter";
import { m } from "@/messages/messages";
import type { ConnectionEvent } from "@/shared/api/services";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { Skeleton } from "@/shared/ui/skeleton";
import page from "./access-page.module.css";
import styles from "./activity.module.css";
import { useEvents } from "./api";
import { eventWords } from "./event-words";
import { actorLabel } from "./labels";
import { timeLabel } from "./time-labels";

/** The number of events shown before the user expands the list. */
const few = 20;

/** Lists the events of the connection, and who caused them. */
export function Activity() {
  const events = useEvents();
  const [all, setAll] = useState(false);
  const again = useBoundedRefetch(events.isSuccess, () => void events.refetch());
  const shown = all ? events.data : events.data?.slice(0, few);
  const more = (events.data?.length ?? 0) - (shown?.length ?? 0);
  return (
    <section className={page.section} aria-labelledby="activity-heading">
      <h2 id="activity-heading">{m.access_activity_heading()}</h2>
      {events.error !== null && (
        <ProblemNotice error={events.error} onRetry={again.now} onWaited={again.waited} />
      )}
      {events.isPending && <Skeleton label={m.access_activity_loading()} />}
      {shown?.length === 0 && <p className="card hint">{m.access_activity_empty()}</p>}
      {shown !== undefined && shown.length > 0 && <EventTable events={shown} all={all} />}
      {more > 0 && (
        <button type="button" className={`button ${page.more}`} onClick={() => setAll(true)}>
          {m.access_activity_more({ more })}
        </button>
      )}
    </section>
  );
}

/** A table on wide screens; its rows become cards on narrow ones. */
function EventTable({ events, all }: { events: ConnectionEvent[]; all: boolean }) {
  const firstOfMore = useRef<HTMLTableRowElement>(null);

  useEffect(() => {
    // The pressed button is gone.
    if (all) firstOfMore.current?.focus();
  }, [all]);

  return (
    // The roles are explicit because the cards use display: grid, which removes the implicit roles of a table.
    // biome-ignore-start lint/a11y/noRedundantRoles: see above
    <table className={styles.table} role="table" aria-labelledby="activity-heading">
      <thead role="rowgroup" className="visually-hidden">
        <tr role="row">
          {[m.access_when(), m.access_what(), m.access_who(), m.access_address()].map((title) => (
            <th key={title} scope="col" role="columnheader">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {events.map((event, index) => (
          <EventRow
            // biome-ignore lint/suspicious/noArrayIndexKey: one request may cause two events at the same time
            key={`${event.at} ${event.request_id} ${index}`}
            event={event}
            {...(index === few ? { row: firstOfMore } : {})}
          />
        ))}
      </tbody>
    </table>
    // biome-ignore-end lint/a11y/noRedundantRoles: see above
  );
}

function EventRow({ event, row }: { event: ConnectionEvent; row?: Ref<HTMLTableRowElement> }) {
  const { at, actor, address, times, last_at } = event;
  const { title, detail, href } = eventWords(event);
  return (
    // biome-ignore-start lint/a11y/noRedundantRoles: as in the table
    <tr role="row" ref={row} tabIndex={row === undefined ? undefined : -1}>
      <td role="cell" className={styles.when}>
        <time dateTime={at}>{timeLabel(at)}</time>
      </td>
      <th scope="row" role="rowheader">
        {title}
        {detail !== "" && (
          <span className={styles.detail}>
            {href === undefined ? detail : <Link href={href}>{detail}</Link>}
          </span>
        )}
        {times > 1 && (
          <span className={styles.detail}>
            <ParaglideMessage
              message={m.access_times}
              inputs={{ times, at: timeLabel(last_at) }}
              markup={{ time: ({ children }) => <time dateTime={last_at}>{children}</time> }}
            />
          </span>
        )}
      </th>
      <td role="cell" className={styles.who} data-label={m.access_who()}>
        <bdi>{actorLabel(actor)}</bdi>
      </td>
      <td role="cell" className={styles.address} data-label={m.access_address()}>
        {address === "" ? <span className="hint">{m.access_no_address()}</span> : <code>{address}</code>}
      </td>
    </tr>
    // biome-ignore-end lint/a11y/noRedundantRoles: as in the table
  );
}
