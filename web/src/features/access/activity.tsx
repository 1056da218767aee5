import { useState } from "react";
import { Link } from "wouter";
import type { ConnectionEvent } from "@/shared/api/services";
import { ProblemNotice } from "@/shared/ui/problem-notice";
import { useReadAgain } from "@/shared/ui/read-again";
import { Skeleton } from "@/shared/ui/skeleton";
import { useEvents } from "./api";
import { momentLabel } from "./moment";
import { actionWords, actorWords } from "./words";

/** So many are shown until the user asks for all. */
const few = 20;

/** The actions whose detail is the id of a database. */
const aboutDatabases: ReadonlySet<string> = new Set(["database_created", "credentials_revealed"]);

/** What happened to the connection, and who did it. */
export function Activity() {
  const events = useEvents();
  const [all, setAll] = useState(false);
  const again = useReadAgain(events.isSuccess, () => void events.refetch());
  const shown = all ? events.data : events.data?.slice(0, few);
  const more = (events.data?.length ?? 0) - (shown?.length ?? 0);
  return (
    <section className="access-section" aria-labelledby="activity-heading">
      <h2 id="activity-heading">Recent activity</h2>
      {events.error !== null && (
        <ProblemNotice error={events.error} onRetry={again.now} onWaited={again.waited} />
      )}
      {events.isPending && <Skeleton label="Loading the recent activity" />}
      {shown?.length === 0 && <p className="card hint">Nothing has happened yet.</p>}
      {shown !== undefined && shown.length > 0 && <EventTable events={shown} />}
      {more > 0 && (
        <button type="button" className="button" onClick={() => setAll(true)}>
          Show {more} more
        </button>
      )}
    </section>
  );
}

/** A table where there is room; the same rows become cards where there is not. */
function EventTable({ events }: { events: ConnectionEvent[] }) {
  return (
    // Roles are spelled out because display: block, used for the cards, takes a table's own roles away.
    // biome-ignore-start lint/a11y/noRedundantRoles: see above
    <table className="events" role="table" aria-labelledby="activity-heading">
      <thead role="rowgroup">
        <tr role="row">
          {["When", "What", "Who", "Address"].map((title) => (
            <th key={title} scope="col" role="columnheader">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {events.map((event, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: one request may cause two events at one time
          <EventRow key={`${event.at} ${event.request_id} ${index}`} event={event} />
        ))}
      </tbody>
    </table>
    // biome-ignore-end lint/a11y/noRedundantRoles: see above
  );
}

function EventRow({ event }: { event: ConnectionEvent }) {
  const { at, action, detail, actor, address, times, last_at } = event;
  return (
    // biome-ignore-start lint/a11y/noRedundantRoles: as in the table
    <tr role="row">
      <td role="cell" className="event-when">
        <time dateTime={at}>{momentLabel(at)}</time>
      </td>
      <th scope="row" role="rowheader">
        {actionWords(action)}
        {detail !== "" && (
          <span className="event-detail">
            {aboutDatabases.has(action) && !detail.includes(" ") ? (
              <Link href={`/databases/${encodeURIComponent(detail)}`}>{detail}</Link>
            ) : (
              detail
            )}
          </span>
        )}
        {times > 1 && (
          <span className="event-detail">
            {times} times, last <time dateTime={last_at}>{momentLabel(last_at)}</time>
          </span>
        )}
      </th>
      <td role="cell" data-label="Who">
        <bdi>{actorWords(actor)}</bdi>
      </td>
      <td role="cell" data-label="Address">
        {address === "" ? <span className="hint">none</span> : <code>{address}</code>}
      </td>
    </tr>
    // biome-ignore-end lint/a11y/noRedundantRoles: as in the table
  );
}
