import { CopyButton } from "@/shared/ui/copy-button";
import styles from "./command-line.module.css";

interface Props {
  /** What the line is, for the name of its button. */
  what: string;
  /** The line on the screen. */
  shown: string;
  /** The line to copy; undefined while its secret is not revealed. */
  full: string | undefined;
}

/** One line to copy, such as a command or a connection string. */
export function CommandLine({ what, shown, full }: Props) {
  return (
    <div className={styles.line}>
      <code>{shown}</code>
      {full !== undefined && <CopyButton what={what} text={full} />}
    </div>
  );
}
