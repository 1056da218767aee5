import "./state-badge.css";

const words: Readonly<Record<string, string>> = {
  active: "Active",
  creating: "Being created",
  suspended: "Suspended",
  passive: "Passive",
  deleted: "Deleted",
};

/** A database's state in words and colour. Only "active" counts as ready; unknown states are shown as they come. */
export function StateBadge(props: { state: string }) {
  const tone = props.state === "active" ? "good" : props.state === "creating" ? "busy" : "off";
  return (
    <span className={`badge badge-${tone}`}>
      <span className="badge-dot" aria-hidden="true" />
      {words[props.state] ?? props.state}
    </span>
  );
}
