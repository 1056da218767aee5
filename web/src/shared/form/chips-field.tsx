import { ChevronDown, X } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { m } from "@/messages/messages";
import { useAnnounce } from "@/shared/ui/announcer";
import { useDebouncedAnnouncement } from "@/shared/ui/debounced-announcement";
import styles from "./chips-field.module.css";
import { aria, FieldError, type FieldProps, fieldId, Hint } from "./fields";
import { useCombobox } from "./use-combobox";

export interface ChipOption {
  id: string;
  /** What is announced, and what a search finds it by. */
  text: string;
  /** What else a search finds it by. */
  otherTexts?: string;
  /** What is shown. */
  label: ReactNode;
}

/** The words for the kind of options, such as regions. */
interface Words {
  /** In the empty search field. */
  search: string;
  allChosen: string;
  noMatch: (text: string) => string;
}

interface Props extends FieldProps<string[]> {
  field: string;
  label: string;
  hint: string;
  options: readonly ChipOption[];
  words: Words;
}

/** A choice of several values: a search field with a list of options, and a chip for each chosen one. */
export function ChipsField({ field, label, hint, options, words, value, error, onChange }: Props) {
  const input = useRef<HTMLInputElement>(null);
  const announce = useAnnounce();
  const chosen = value.map((id) => options.find((option) => option.id === id) ?? { id, text: id, label: id });

  const matching = (text: string) => {
    const parts = text.toLowerCase().split(/\s+/);
    return options.filter(({ id, text, otherTexts = "" }) => {
      const searched = `${text} ${otherTexts}`.toLowerCase();
      return !value.includes(id) && parts.every((part) => searched.includes(part));
    });
  };
  const remove = (id: string) => {
    const removed = chosen.find((option) => option.id === id);
    onChange(value.filter((other) => other !== id));
    if (removed !== undefined) announce(m.form_chosen_removed({ option: removed.text }));
    input.current?.focus(); // the pressed button is gone
  };

  const combobox = useCombobox({
    label,
    count: (text) => matching(text).length,
    onChoose: (text, index) => {
      const option = matching(text)[index];
      if (option === undefined) return;
      onChange([...value, option.id]);
      announce(m.form_chosen_added({ option: option.text }));
    },
    onBackspace: () => {
      const last = value.at(-1);
      if (last !== undefined) remove(last);
    },
  });
  const matches = matching(combobox.text);
  const none = combobox.text === "" ? words.allChosen : words.noMatch(combobox.text);
  useDebouncedAnnouncement(combobox.isOpen && matches.length === 0 ? none : "");

  return (
    <div className="field">
      <label htmlFor={fieldId(field)}>{label}</label>
      <Hint field={field} hint={hint} />
      {chosen.length > 0 && (
        <ul className={styles.chips} aria-label={m.form_chosen({ label })}>
          {chosen.map((option) => (
            <li key={option.id}>
              <span>{option.label}</span>
              <button
                type="button"
                aria-label={m.form_chosen_remove({ option: option.text })}
                onClick={() => remove(option.id)}
              >
                <X aria-hidden="true" />
              </button>
            </li>
          ))}
        </ul>
      )}
      <div className={styles.search}>
        <input
          ref={input}
          id={fieldId(field)}
          className="input"
          data-field={field}
          placeholder={words.search}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          {...combobox.input}
          {...aria(field, error, hint)}
        />
        <ChevronDown aria-hidden="true" />
        {combobox.isOpen && matches.length > 0 && (
          <div className={styles.list} {...combobox.list}>
            {matches.map((option, index) => (
              <div key={option.id} className={styles.option} {...combobox.option(index)}>
                {option.label}
              </div>
            ))}
          </div>
        )}
        {combobox.isOpen && matches.length === 0 && <p className={`${styles.list} ${styles.none}`}>{none}</p>}
      </div>
      <FieldError field={field} error={error} />
    </div>
  );
}
