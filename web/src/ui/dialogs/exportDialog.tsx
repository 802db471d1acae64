import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Choice, FormatChoice, Progress } from "../../engine/engine";
import { useApp } from "../../state/app";
import { download } from "../../state/files";
import { Order } from "../../state/order";
import { capital, timeLeft } from "../controls";
import { DetailChoice } from "./detailChoice";
import { Dialog } from "./dialog";

/** What most people come for. */
const isSolid = ({ name }: FormatChoice): boolean => ["glb", "obj", "stl"].includes(name);

const isMade = ({ lacking }: Choice): boolean => !lacking;

/** What is chosen stays chosen until the page is closed. */
const order = new Order();

export function ExportDialog() {
  const { studio, look } = useApp();
  const { progress, wrong, start, cancel } = useExport();
  const { model } = studio;
  const formats = model.formats.filter(isMade);
  const others = [...model.formats, ...model.presets].filter((choice) => !isMade(choice));
  const files = {
    set: order.formats.value,
    toggle: (format: FormatChoice) => order.toggleFormat(format, studio),
  };
  return (
    <Dialog title="Export" onClose={() => (look.dialog.value = null)}>
      <ChoiceList title="In 3D" choices={formats.filter(isSolid)} {...files} />
      <ChoiceList
        title="For a program"
        choices={model.presets.filter(isMade)}
        set={order.presets.value}
        toggle={({ name }) => order.togglePreset(name)}
      />
      {model.details.length > 0 && (
        <DetailChoice detail={order.detailOf(studio)} onChange={(detail) => order.setDetail(detail, studio)} />
      )}
      <ChoiceList title="Maps" choices={formats.filter((format) => !isSolid(format))} {...files} />
      <Options />
      {others.length > 0 && <Others choices={others} />}
      {wrong && (
        <p class="wrong" role="alert">
          {wrong}
        </p>
      )}
      <footer>
        {progress ? (
          <ProgressRow now={progress} onCancel={cancel} />
        ) : (
          <>
            <span class="faint ordered">{order.words(model)}</span>
            <button type="button" class="button primary" disabled={order.empty} onClick={() => void start()}>
              {order.empty ? "Choose at least one" : "Make the ZIP"}
            </button>
          </>
        )}
      </footer>
    </Dialog>
  );
}

/** An export that runs, until the dialog closes. */
function useExport() {
  const { studio, look, files } = useApp();
  const progress = useSignal<Progress | null>(null);
  const wrong = useSignal<string | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const start = async (): Promise<void> => {
    const abort = new AbortController();
    running.current = abort;
    wrong.value = null;
    progress.value = { done: 0, of: 0, doing: "land", secondsLeft: null };
    try {
      const { engine, doc, choices } = studio;
      const report = (now: Progress): void => void (progress.value = now);
      const zip = await engine.exportZip(doc.value, choices.value, order.sent(studio), report, abort.signal);
      download(zip, `${files.stem()}.zip`);
      look.dialog.value = null;
    } catch (error) {
      if (!abort.signal.aborted) wrong.value = error instanceof Error ? error.message : String(error);
    }
    progress.value = null;
  };
  return { progress: progress.value, wrong: wrong.value, start, cancel: () => running.current?.abort() };
}

interface ChoiceListProps<T extends Choice> {
  title: string;
  choices: T[];
  set: ReadonlySet<string>;
  toggle: (choice: T) => void;
}

function ChoiceList<T extends Choice>({ title, choices, set, toggle }: ChoiceListProps<T>) {
  if (choices.length === 0) return null;
  return (
    <fieldset class="choices">
      <legend>{title}</legend>
      {choices.map((choice) => (
        <label key={choice.name} class="choice">
          <input type="checkbox" checked={set.has(choice.name)} onChange={() => toggle(choice)} />
          <span>
            <strong>{choice.label}</strong>
            <span class="faint">{capital(choice.about)}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}

/** What there is besides, and what it takes. */
function Others({ choices }: { choices: Choice[] }) {
  return (
    <details class="more">
      <summary>Not made here</summary>
      <dl class="absent">
        {choices.map(({ name, label, about, lacking }) => (
          <div key={name}>
            <dt>{`${label}: ${about}`}</dt>
            <dd class="faint">{capital(lacking!)}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
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
            defaultValue={order.kilometres}
            onInput={(event) => (order.kilometres = event.currentTarget.value)}
          />
        </label>
        <label>
          Heights times
          <input
            type="number"
            min={0}
            step="any"
            placeholder="1"
            defaultValue={order.vertical}
            onInput={(event) => (order.vertical = event.currentTarget.value)}
          />
        </label>
      </div>
    </details>
  );
}

/** What comes before and after the files. */
const DOING: Record<string, string> = {
  waiting: "Waiting for other work",
  land: "Making the land",
  carving: "Water carves the land",
  "terrain.zip": "The ZIP",
};

function ProgressRow({ now, onCancel }: { now: Progress; onCancel: () => void }) {
  const { formats, presets } = useApp().studio.model;
  const words = (doing: string): string =>
    DOING[doing] ?? [...formats, ...presets].find(({ name }) => name === doing)?.label ?? doing;
  const known = now.of > 0;
  return (
    <div class="progress">
      <progress aria-label="Export" {...(known ? { max: now.of, value: now.done } : {})} />
      <span role="status">
        {[words(now.doing), now.secondsLeft !== null && timeLeft(now.secondsLeft)].filter(Boolean).join(" · ")}
      </span>
      <button type="button" class="button" onClick={onCancel}>
        Cancel
      </button>
    </div>
  );
}
