/** The few controls that the page is made of. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Icon, type IconName } from "./icons";

interface IconButtonProps {
  icon: IconName;
  label: string;
  keys?: string;
  onClick: () => void;
  pressed?: boolean;
  disabled?: boolean;
}

export function IconButton({ icon, label, keys, onClick, pressed, disabled }: IconButtonProps) {
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={label}
      aria-pressed={pressed}
      title={keys ? `${label} (${keys})` : label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}

interface SliderProps {
  label: string;
  value: number;
  min: number;
  max: number;
  step?: number;
  shown?: string;
  /** Where a double click puts it. */
  rest?: number;
  onInput: (value: number) => void;
}

export function Slider({ label, value, min, max, step = 1, shown = `${value}`, rest, onInput }: SliderProps) {
  const id = useId();
  const part = ((value - min) / (max - min)) * 100;
  const origin = min < 0 ? (-min / (max - min)) * 100 : 0;
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <output for={id}>{shown}</output>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={shown}
        style={{ "--from": `${Math.min(part, origin)}%`, "--to": `${Math.max(part, origin)}%` }}
        onInput={(event) => onInput(event.currentTarget.valueAsNumber)}
        onDblClick={() => rest !== undefined && onInput(rest)}
      />
    </div>
  );
}

interface SegmentedProps<T extends string> {
  label: string;
  options: readonly { value: T; label: string }[];
  value: T;
  onChange: (value: T) => void;
}

export function Segmented<T extends string>({ label, options, value, onChange }: SegmentedProps<T>) {
  const name = useId();
  return (
    <fieldset class="segmented">
      <legend class="unseen">{label}</legend>
      {options.map((option) => (
        <label key={option.value}>
          <input
            type="radio"
            name={name}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
            value={option.value}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </fieldset>
  );
}

export function Switch({ label, on, onChange }: { label: string; on: boolean; onChange: (on: boolean) => void }) {
  return (
    <label class="switch">
      <span>{label}</span>
      <input type="checkbox" role="switch" checked={on} onChange={(event) => onChange(event.currentTarget.checked)} />
    </label>
  );
}

export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="section">
      <h2>{title}</h2>
      {children}
    </section>
  );
}

export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** A length on the ground in kilometres, to three places or whole. */
export const kilometres = (metres: number): string =>
  (metres / 1000).toLocaleString("en", { maximumFractionDigits: metres < 100_000 ? 1 : 0 });

export function timeLeft(seconds: number): string {
  if (seconds < 1) return "Nearly there";
  return seconds < 90 ? `${Math.ceil(seconds)} s left` : `${Math.round(seconds / 60)} min left`;
}
