// SPDX-License-Identifier: Apache-2.0
// The few controls that the page is made of.
import { useEffect, useId, useRef, type ButtonHTMLAttributes, type ReactNode } from "react";
import { useT } from "../i18n";
import { Icon, type IconName } from "./icons";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon?: IconName;
  look?: "primary" | "plain" | "quiet" | "danger";
  /** Only the icon is shown; the children are its label. */
  bare?: boolean;
}

export function Button({ icon, look = "plain", bare, children, className = "", ...rest }: ButtonProps) {
  return (
    <button type="button" className={`button ${look} ${bare ? "bare" : ""} ${className}`}
      title={bare ? String(children) : undefined} {...rest}>
      {icon && <Icon name={icon} size={18} />}
      {bare ? <span className="sr">{children}</span> : children}
    </button>
  );
}

export interface Choice<T extends string> {
  value: T;
  label: string;
  extra?: ReactNode;
}

/** One of a few, all in view. */
export function Segmented<T extends string>(props: {
  label: string;
  value: T;
  choices: readonly Choice<T>[];
  onChange: (value: T) => void;
  className?: string;
}) {
  const name = useId();
  return (
    <fieldset className={`segmented ${props.className ?? ""}`}>
      <legend className="sr">{props.label}</legend>
      {props.choices.map(({ value, label, extra }) => (
        <label key={value} className={value === props.value ? "on" : ""}>
          <input type="radio" name={name} className="sr" checked={value === props.value}
            onChange={() => props.onChange(value)} />
          <span>{label}</span>
          {extra !== undefined && <span className="extra">{extra}</span>}
        </label>
      ))}
    </fieldset>
  );
}

export function Select<T extends string>(props: {
  label: string;
  value: T;
  choices: readonly Choice<T>[];
  onChange: (value: T) => void;
  hideLabel?: boolean;
}) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id} className={props.hideLabel ? "sr" : ""}>{props.label}</label>
      <select id={id} value={props.value} onChange={(event) => props.onChange(event.target.value as T)}>
        {props.choices.map(({ value, label }) => <option key={value} value={value}>{label}</option>)}
      </select>
    </div>
  );
}

export function TextField(props: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  hint?: string;
  invalid?: string | false;
  example?: string;
  type?: "text" | "number" | "search";
  min?: number;
  max?: number;
}) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{props.label}</label>
      <input id={id} type={props.type ?? "text"} value={props.value} placeholder={props.example}
        min={props.min} max={props.max} aria-invalid={!!props.invalid} spellCheck={false} autoComplete="off"
        aria-describedby={props.hint || props.invalid ? `${id}-hint` : undefined}
        onChange={(event) => props.onChange(event.target.value)} />
      {(props.invalid || props.hint) && (
        <p id={`${id}-hint`} className={props.invalid ? "hint bad" : "hint"}>{props.invalid || props.hint}</p>
      )}
    </div>
  );
}

export function Check(props: { label: string; checked: boolean; onChange: (on: boolean) => void; hint?: string }) {
  return (
    <label className="check">
      <input type="checkbox" checked={props.checked} onChange={(event) => props.onChange(event.target.checked)} />
      <span>
        {props.label}
        {props.hint && <span className="hint">{props.hint}</span>}
      </span>
    </label>
  );
}

export function Dialog(props: { title: string; onClose: () => void; children: ReactNode; className?: string; footer?: ReactNode }) {
  const t = useT();
  const ref = useRef<HTMLDialogElement>(null);
  const title = useId();
  useEffect(() => {
    const dialog = ref.current!;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  return (
    <dialog ref={ref} className={`dialog ${props.className ?? ""}`} aria-labelledby={title}
      onCancel={(event) => { event.preventDefault(); props.onClose(); }}
      onMouseDown={(event) => { if (event.target === ref.current) props.onClose(); }}>
      <div className="dialog-inner">
        <header>
          <h2 id={title}>{props.title}</h2>
          <Button icon="close" look="quiet" bare onClick={props.onClose}>{t("common.close")}</Button>
        </header>
        <div className="dialog-body">{props.children}</div>
        {props.footer && <footer>{props.footer}</footer>}
      </div>
    </dialog>
  );
}
