import { ParaglideMessage } from "@inlang/paraglide-js-react";
import { Plus } from "lucide-react";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { m } from "@/messages/messages";
import type { Catalog, Database } from "@/shared/api/types";
import { useCatalog } from "@/shared/catalog/catalog";
import { planLabel, regionTexts } from "@/shared/catalog/labels";
import { RegionName } from "@/shared/catalog/region-name";
import { matcher } from "@/shared/list/arrange";
import { PageHeading } from "@/shared/page/page-heading";
import { useBoundedRefetch } from "@/shared/problem/bounded-refetch";
import { ProblemNotice } from "@/shared/problem/problem-notice";
import { useAnnounce } from "@/shared/ui/announcer";
import { Skeleton } from "@/shared/ui/skeleton";
import { useDatabases } from "./api";
import { CreateForm } from "./create-form";
import styles from "./database-picker.module.css";

interface Props {
  /** Who gets the database. */
  recipient: string;
  /** The account that has the databases. */
  email: string;
  error: unknown;
  onConnect: (databaseId: string) => void;
  onDecline: () => void;
}

/** From this many databases on, a search field helps. */
const searchable = 8;

/** The user selects one of their databases, or creates one, and hands it over. */
export function DatabasePicker({ recipient, email, error, onConnect, onDecline }: Props) {
  const [selected, setSelected] = useState<string>();
  const [creating, setCreating] = useState(false);
  const [createdId, setCreatedId] = useState<string>();
  const form = useId();
  const databases = useDatabases(selected);
  const catalog = useCatalog().data;
  const announce = useAnnounce();
  const again = useBoundedRefetch(databases.isSuccess, () => void databases.refetch());

  const created = (database: Database) => {
    setSelected(database.id);
    setCreatedId(database.id);
    setCreating(false);
    announce(m.databases_picker_created({ name: database.name }));
  };

  return (
    <section className={styles.picker}>
      <div>
        <p className="hint">{m.databases_picker_step({ email })}</p>
        <PageHeading title={m.databases_picker_heading()} />
      </div>
      <p>
        <ParaglideMessage
          message={m.databases_picker_intro}
          inputs={{ recipient }}
          markup={{ recipient: ({ children }) => <bdi>{children}</bdi> }}
        />
      </p>
      {error !== undefined && <ProblemNotice error={error} />}
      {databases.isPending && <Skeleton label={m.databases_loading()} />}
      {databases.error !== null && (
        <ProblemNotice error={databases.error} onRetry={again.now} onWaited={again.waited} />
      )}
      {databases.data !== undefined && databases.data.length > 0 && (
        <Choice
          form={form}
          databases={databases.data}
          catalog={catalog}
          selected={selected}
          created={createdId}
          onSelect={setSelected}
          onConnect={onConnect}
        />
      )}
      {databases.data !== undefined && catalog !== undefined && (
        <CreateSection
          open={creating || databases.data.length === 0}
          first={databases.data.length === 0}
          catalog={catalog}
          onOpen={() => setCreating(true)}
          onCreated={created}
        />
      )}
      <div className="actions">
        {databases.data !== undefined && databases.data.length > 0 && (
          <button
            type="submit"
            form={form}
            className={creating ? "button button-large" : "button button-large button-primary"}
          >
            {m.databases_picker_connect()}
          </button>
        )}
        <button type="button" className="button button-quiet" onClick={onDecline}>
          {m.databases_picker_decline()}
        </button>
      </div>
    </section>
  );
}

interface ChoiceProps {
  /** The id of the form: its button comes after the section that creates a database. */
  form: string;
  databases: Database[];
  catalog: Catalog | undefined;
  selected: string | undefined;
  /** The id of a database that the user has just created here. */
  created: string | undefined;
  onSelect: (id: string) => void;
  onConnect: (id: string) => void;
}

function Choice({ form, databases, catalog, selected, created, onSelect, onConnect }: ChoiceProps) {
  const [search, setSearch] = useState("");
  const [missing, setMissing] = useState(false);
  const name = useId();
  const matches = matcher<Database>(search, ({ name, primary_region }) => [
    name,
    ...regionTexts(catalog, primary_region),
  ]);
  const createdRow = useRef<HTMLInputElement>(null);
  const hasCreated = databases.some(({ id }) => id === created);
  const shown = databases.filter((database) => database.id === selected || matches(database));

  useEffect(() => {
    // The form that created it is gone, with the button that was pressed.
    if (hasCreated) createdRow.current?.focus();
  }, [hasCreated]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setMissing(selected === undefined);
    if (selected !== undefined) onConnect(selected);
  };

  return (
    <form id={form} className={styles.choice} onSubmit={submit} noValidate>
      {databases.length >= searchable && (
        <label className={styles.search}>
          {m.databases_search()}
          <input
            type="search"
            className="input"
            autoComplete="off"
            spellCheck={false}
            value={search}
            onChange={({ target }) => setSearch(target.value)}
          />
        </label>
      )}
      <fieldset className={styles.list}>
        <legend className="visually-hidden">{m.databases_caption()}</legend>
        {shown.map((database) => (
          <label key={database.id} className={styles.row}>
            <input
              ref={database.id === created ? createdRow : undefined}
              type="radio"
              name={name}
              value={database.id}
              checked={database.id === selected}
              onChange={() => onSelect(database.id)}
            />
            <span className={styles.name}>{database.name}</span>
            <span className={`hint ${styles.facts}`}>
              <RegionName catalog={catalog} id={database.primary_region} /> ·{" "}
              {planLabel(catalog, database.plan)}
            </span>
          </label>
        ))}
        {shown.length === 0 && <p className="hint">{m.databases_picker_no_match({ search })}</p>}
      </fieldset>
      {missing && selected === undefined && (
        <p className="field-error" role="alert">
          {m.databases_picker_missing()}
        </p>
      )}
    </form>
  );
}

interface CreateSectionProps {
  open: boolean;
  /** The account has no database yet. */
  first: boolean;
  catalog: Catalog;
  onOpen: () => void;
  onCreated: (database: Database) => void;
}

function CreateSection({ open, first, catalog, onOpen, onCreated }: CreateSectionProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const wasClosed = useRef(!open);

  useEffect(() => {
    // The pressed button is gone.
    if (open && wasClosed.current) heading.current?.focus();
    wasClosed.current = !open;
  }, [open]);

  if (!open) {
    return (
      <button type="button" className="button" onClick={onOpen}>
        <Plus aria-hidden="true" /> {m.databases_picker_create()}
      </button>
    );
  }
  return (
    <section className={styles.create}>
      <h2 ref={heading} tabIndex={-1}>
        {first ? m.databases_create_first() : m.databases_picker_create()}
      </h2>
      {first && <p className="hint">{m.databases_picker_empty()}</p>}
      <CreateForm catalog={catalog} onCreated={onCreated} />
    </section>
  );
}
