import { effect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { TerrainWindow } from "../engine/engine";
import { type Other, Seeds } from "../live/seeds";
import { useApp } from "../state/app";
import { anySeed } from "../state/shortcuts";
import { IconButton, Section } from "./controls";

const LARGEST = 2 ** 32 - 1;

export function SeedStrip() {
  const { studio } = useApp();
  const seeds = useMemo(() => new Seeds(studio.engine, studio.model, anySeed), [studio]);
  useEffect(
    () =>
      // Whatever is painted or chosen makes the strip old.
      effect(() => {
        void [studio.revision.value, studio.choices.value];
        seeds.forget();
      }),
    [studio, seeds],
  );
  const others = seeds.others.value;
  const roll = (): void =>
    void seeds.roll(studio.doc.value, studio.choices.value).catch((error: unknown) => studio.fail(error));
  return (
    <Section title="Seed">
      <div class="seed">
        <input
          type="number"
          aria-label="Seed"
          min={0}
          max={LARGEST}
          value={studio.choices.value.seed}
          onChange={(event) => {
            const seed = Math.trunc(event.currentTarget.valueAsNumber);
            if (seed >= 0 && seed <= LARGEST) studio.choose({ seed });
            else event.currentTarget.valueAsNumber = studio.choices.value.seed;
          }}
        />
        <IconButton icon="dice" label="Another seed" keys="D" onClick={() => studio.choose({ seed: anySeed() })} />
      </div>
      {others.length > 0 ? (
        <div class="others">
          {others.map((other) => (
            <OtherSeed key={other.seed} other={other} onPick={() => studio.choose({ seed: other.seed })} />
          ))}
        </div>
      ) : (
        <button type="button" class="button small wide" onClick={roll}>
          Show four others
        </button>
      )}
    </Section>
  );
}

function OtherSeed({ other, onPick }: { other: Other; onPick: () => void }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (other.picture) show(canvas.current!, other.picture);
  }, [other.picture]);
  return (
    <button type="button" class="other" aria-label={`Seed ${other.seed}`} title={`Seed ${other.seed}`} onClick={onPick}>
      <canvas ref={canvas} class={other.picture ? "" : "pulse"} />
    </button>
  );
}

function show(canvas: HTMLCanvasElement, { width, height, shaded }: TerrainWindow): void {
  canvas.width = width;
  canvas.height = height;
  const picture = new ImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    picture.data.set(shaded.subarray(pixel * 3, pixel * 3 + 3), pixel * 4);
    picture.data[pixel * 4 + 3] = 255;
  }
  canvas.getContext("2d")!.putImageData(picture, 0, 0);
}
