import styles from "./grants.module.css";

/** A service by its name and its id: the id is the operator's, so that an imitated name is seen as what it is. */
export function ServiceName(props: { service: { id: string; name: string } }) {
  const { id, name } = props.service;
  return (
    <span className={styles.serviceName}>
      <bdi>{name}</bdi> <code>{id}</code>
    </span>
  );
}
