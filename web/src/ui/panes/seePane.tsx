import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Point } from "../../paint/spans";
import { useApp } from "../../state/app";
import { type View, VIEWS } from "../../state/look";
import { FlatCanvas, type Under } from "../../view/flatCanvas";
import { HEIGHT_STOPS } from "../../view/colours";
import { wordsFor } from "../../view/rivers";
import { capital, Segmented } from "../controls";
import { FineDock, RiversOffer } from "./fineDock";
import { LandCanvas } from "./landCanvas";
import { ProfileCard } from "./profileCard";

const WORDS: Partial<Record<View, string>> = { land: "3D" };
const OPTIONS = VIEWS.map((value) => ({ value, label: WORDS[value] ?? capital(value) }));

export function SeePane() {
  const { look } = useApp();
  const view = look.view.value;
  return (
    <section class="pane see" aria-label="See">
      {view === "land" ? <LandCanvas /> : <FlatView />}
      <FineDock />
      <div class="dock views">
        <Segmented label="View" options={OPTIONS} value={view} onChange={(next) => (look.view.value = next)} />
      </div>
    </section>
  );
}

function FlatView() {
  const app = useApp();
  const canvas = useRef<HTMLCanvasElement>(null);
  const under = useSignal<Under | null>(null);
  const line = useSignal<[Point, Point] | null>(null);
  useEffect(() => {
    const flat = new FlatCanvas(canvas.current!, app.studio, app.look.view, under, line);
    return () => flat.close();
  }, [app, under, line]);
  return (
    <>
      <canvas ref={canvas} role="img" aria-label={`Flat view: ${app.look.view.value}`} />
      {app.look.view.value === "height" && <HeightKey />}
      {app.look.view.value === "rivers" && !app.studio.land.value.carved && <RiversOffer />}
      <Readout under={under} />
      {line.value && <ProfileCard line={line.value} onClose={() => (line.value = null)} />}
    </>
  );
}

function Readout({ under }: { under: Signal<Under | null> }) {
  const gsd = useApp().studio.gsd.value;
  const here = under.value;
  const km = (pixels: number): string => Math.round((pixels * gsd) / 1000).toLocaleString("en");
  return (
    <p class="readout" aria-live="off">
      {here ? (
        <>
          <strong>{`${Math.round(here.metres).toLocaleString("en")} m`}</strong>
          <span>{capital(here.label)}</span>
          {here.river && wordsFor(here.river).map((words) => <span key={words}>{words}</span>)}
          <span class="faint">{`${km(here.at.x)}, ${km(here.at.y)} km`}</span>
        </>
      ) : (
        <span class="faint">Drag a line for its profile</span>
      )}
    </p>
  );
}

function HeightKey() {
  return (
    <ul class="height-key" aria-label="Heights by colour">
      {HEIGHT_STOPS.map(([metres, rgb]) => (
        <li key={metres}>
          <span style={{ background: `rgb(${rgb.join(" ")})` }} />
          {`${metres.toLocaleString("en")}`}
        </li>
      )).reverse()}
    </ul>
  );
}
