import type { Progress } from "../../engine/engine";
import { useApp } from "../../state/app";
import { Segmented, timeLeft } from "../controls";

/** Asks for fine land, says how far it is, and what is seen when it is there. */
export function FineDock() {
  const { studio, look } = useApp();
  const state = studio.carver.state.value;
  const details = studio.carver.detailsFor(studio.doc.value).filter((detail) => detail > 1);
  // The rivers' view has an offer of its own.
  const offered = look.view.value === "rivers" && !studio.land.value.carved && state.is === "resting";
  const lacking = studio.model.details_lacking;
  if (offered) return null;
  if (lacking) {
    return (
      <div class="dock fine" role="group" aria-label="Fine land">
        <button type="button" class="button small" onClick={() => studio.fail(lacking)}>
          Make it fine
        </button>
      </div>
    );
  }
  if (details.length === 0) return null;
  const carving = studio.carvingHere.value;
  return (
    <div class="dock fine" role="group" aria-label="Fine land">
      {state.is === "working" ? (
        <Carving progress={state.progress} />
      ) : (
        <>
          <Segmented
            label="How fine"
            options={details.map((detail) => ({ value: `${detail}`, label: `${detail}×` }))}
            value={`${carving.detail}`}
            onChange={(detail) => (studio.carving.value = { ...studio.carving.value, detail: Number(detail) })}
          />
          {studio.carver.has(carving) ? (
            <span class="made" role="status">{`${length(studio.gsd.value / carving.detail)} a pixel`}</span>
          ) : (
            <button
              type="button"
              class="button small"
              title="Water carves valleys and rivers into the land"
              onClick={() => studio.carve()}
            >
              Make it fine
            </button>
          )}
        </>
      )}
      {state.is === "failed" && (
        <p class="wrong" role="alert">
          {state.message}
        </p>
      )}
    </div>
  );
}

function Carving({ progress }: { progress: Progress }) {
  const { studio } = useApp();
  const { done, of, secondsLeft } = progress;
  return (
    <>
      <progress aria-label="Fine land" {...(of > 0 ? { max: of, value: done } : {})} />
      <span role="status">{secondsLeft === null ? "Water carves the land" : timeLeft(secondsLeft)}</span>
      <button type="button" class="button small" onClick={() => studio.carver.cancel()}>
        Cancel
      </button>
    </>
  );
}

/** Rivers are only known of carved land; the coarsest that has them is quickly made. */
export function RiversOffer() {
  const { studio } = useApp();
  const details = studio.carver.detailsFor(studio.doc.value);
  const detail = details.find((each) => each > 1) ?? details[0];
  if (studio.carver.state.value.is !== "resting") return null;
  return (
    <div class="offer">
      <p>
        {detail
          ? "Rivers are where water has carved the land."
          : (studio.model.details_lacking ?? "A map as large as this is carved by the export alone.")}
      </p>
      {detail && (
        <button type="button" class="button primary" onClick={() => studio.carve({ ...studio.carving.value, detail })}>
          Find the rivers
        </button>
      )}
    </div>
  );
}

const length = (metres: number): string =>
  metres < 1000 ? `${Math.round(metres)} m` : `${(metres / 1000).toLocaleString("en")} km`;
