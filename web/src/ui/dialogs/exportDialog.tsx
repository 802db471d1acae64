import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Choice, Progress } from "../../engine/engine";
import { useApp } from "../../state/app";
import { download } from "../../state/files";
import { capital } from "../controls";
import { Dialog } from "./dialog";

/** What is chosen stays chosen until the page is closed. */
const chosen = { formats: new Set<string>(["glb"]), presets: new Set<string>(), kilometres: "", vertical: "" };

export function ExportDialog() {
  const { studio, look, files } = useApp();
  const progress = useSignal<Progress | null>(null);
  const wrong = useSignal<string | null>(null);
  const count = useSignal(chosen.formats.size + chosen.presets.size);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const toggle = (set: Set<string>, name: string): void => {
    if (!set.delete(name)) set.add(name);
    count.value = chosen.formats.size + chosen.presets.size;
  };
  const start = async (): Promise<void> => {
    const abort = new AbortController();
    running.current = abort;
    wrong.value = null;
    progress.value = { done: 0, of: 0, doing: "", secondsLeft: null };
    try {
      const order = { formats: [...chosen.formats], presets: [...chosen.presets], options: options() };
      const report = (now: Progress): void => void (progress.value = now);
      const zip = await studio.engine.exportZip(studio.doc.value, studio.choices.value, order, report, abort.signal);
      download(zip, `${files.stem()}.zip`);
      look.dialog.value = null;
    } catch (error) {
      if (!abort.signal.aborted) wrong.value = error instanceof Error ? error.message : String(error);
    }
    progress.value = null;
  };
  return (
    <Dialog title="Export" onClose={() => (look.dialog.value = null)}>
      <ChoiceList title="For" choices={studio.model.presets} set={chosen.presets} toggle={toggle} />
      <ChoiceList title="Files" choices={studio.model.formats} set={chosen.formats} toggle={toggle} />
      <Options />
      {wrong.value && (
        <p class="wrong" role="alert">
          {wrong.value}
        </p>
      )}
      <footer>
        {progress.value ? (
          <ProgressRow now={progress.value} onCancel={() => running.current?.abort()} />
        ) : (
          <button type="button" class="button primary" disabled={count.value === 0} onClick={() => void start()}>
            {count.value === 0 ? "Choose at least one" : "Make the ZIP"}
          </button>
        )}
      </footer>
    </Dialog>
  );
}

interface ChoiceListProps {
  title: string;
  choices: Choice[];
  set: Set<string>;
  toggle: (set: Set<string>, name: string) => void;
}

function ChoiceList({ title, choices, set, toggle }: ChoiceListProps) {
  if (choices.length === 0) return null;
  return (
    <fieldset class="choices">
      <legend>{title}</legend>
      {choices.map(({ name, label, about }) => (
        <label key={name} class="choice">
          <input type="checkbox" checked={set.has(name)} onChange={() => toggle(set, name)} />
          <span>
            <strong>{label}</strong>
            <span class="faint">{capital(about)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** Left empty, the true scale is kept. */
function options(): { playable_km?: number; vertical_scale?: number } {
  const playable_km = Number(chosen.kilometres);
  const vertical_scale = Number(chosen.vertical);
  return { ...(playable_km > 0 && { playable_km }), ...(vertical_scale > 0 && { vertical_scale }) };
}

function Options() {
  return (
    <details class="more">
      <summary>Scale</summary>
      <div class="fields">
        <label>
          Width in the game, km
          <input
            type="number"
            min={0}
            step="any"
            placeholder="true size"
            defaultValue={chosen.kilometres}
            onInput={(event) => (chosen.kilometres = event.currentTarget.value)}
          />
        </label>
        <label>
          Heights times
          <input
            type="number"
            min={0}
            step="any"
            placeholder="1"
            defaultValue={chosen.vertical}
            onInput={(event) => (chosen.vertical = event.currentTarget.value)}
          />
        </label>
      </div>
    </details>
  );
}

function ProgressRow({ now, onCancel }: { now: Progress; onCancel: () => void }) {
  const known = now.of > 0;
  return (
    <div class="progress">
      <progress aria-label="Export" {...(known ? { max: now.of, value: now.done } : {})} />
      <span role="status">{now.doing || "Making the land"}</span>
      <button type="button" class="button" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}
