import { useApp } from "../../state/app";
import { capital } from "../controls";

/** Pictures of each class, cut from what the model makes of it, by its name. */
const PICTURES = import.meta.glob<string>("../../swatches/*.webp", { eager: true, query: "?url", import: "default" });

export function Swatches() {
  const { studio } = useApp();
  return (
    <fieldset class="dock swatches">
      <legend class="unseen">Class to paint</legend>
      {studio.model.classes.map(({ name, rgb }, label) => {
        const picture = PICTURES[`../../swatches/${name}.webp`];
        return (
          <label key={name} class="swatch" title={`${capital(name)} (${label + 1})`}>
            <input
              type="radio"
              name="class"
              value={name}
              checked={studio.label.value === label}
              onChange={() => (studio.label.value = label)}
            />
            <span class="chip" style={{ "--paint": `rgb(${rgb.join(" ")})` }}>
              {picture && <img src={picture} alt="" draggable={false} />}
            </span>
            <span class="class-name">{capital(name)}</span>
          </label>
        );
      })}
    </fieldset>
  );
}
