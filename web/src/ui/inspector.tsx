import type { Carving } from "../engine/engine";
import { useApp } from "../state/app";
import { capital, Section, Segmented, Slider, Switch } from "./controls";
import { SeedStrip } from "./seedStrip";

const COMPASS = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];

export function Inspector() {
  const { look } = useApp();
  return (
    <aside class="inspector" aria-label="Settings" hidden={!look.panel.value}>
      <SeedStrip />
      <StyleSection />
      <CarvingSection />
      <LightSection />
      <ViewSection />
    </aside>
  );
}

function StyleSection() {
  const { studio } = useApp();
  const { style, style_limit, textures } = studio.model;
  const choices = studio.choices.value;
  if (style.length === 0 && textures.length < 2) return null;
  return (
    <Section title="Land">
      {textures.length > 1 && (
        <Segmented
          label="Texture"
          options={textures.map((value) => ({ value, label: capital(value) }))}
          value={choices.texture}
          onChange={(texture) => studio.choose({ texture })}
        />
      )}
      {style.map((name) => (
        <Slider
          key={name}
          label={capital(name)}
          value={choices.style[name] ?? 0}
          min={-style_limit}
          max={style_limit}
          step={0.1}
          shown={signed(choices.style[name] ?? 0)}
          rest={0}
          onInput={(value) => studio.choose({ style: { ...choices.style, [name]: value } })}
        />
      ))}
    </Section>
  );
}

function CarvingSection() {
  const { studio } = useApp();
  if (studio.model.details.length === 0) return null;
  return (
    <Section title="Fine land">
      <CarvingSwitches />
    </Section>
  );
}

/** How the land is carved when it is made fine. */
export function CarvingSwitches() {
  const { studio } = useApp();
  const { draw_rivers = true, sea_lakes = false, sea_rivers = false, detail } = studio.carving.value;
  const set = (change: Partial<Carving>): void => {
    const {
      draw_rivers: drawn,
      sea_lakes: lakes,
      sea_rivers: rivers,
    } = { draw_rivers, sea_lakes, sea_rivers, ...change };
    // What is as the engine has it is left out.
    studio.carving.value = {
      detail,
      ...(!drawn && { draw_rivers: false }),
      ...(lakes && { sea_lakes: true }),
      ...(rivers && { sea_rivers: true }),
    };
  };
  return (
    <>
      <Switch label="Draw rivers" on={draw_rivers} onChange={(on) => set({ draw_rivers: on })} />
      <Switch label="Lakes at sea level" on={sea_lakes} onChange={(on) => set({ sea_lakes: on })} />
      <Switch label="Rivers at sea level" on={sea_rivers} onChange={(on) => set({ sea_rivers: on })} />
    </>
  );
}

const signed = (value: number): string => (value === 0 ? "0" : `${value > 0 ? "+" : "−"}${Math.abs(value).toFixed(1)}`);

function LightSection() {
  const { look } = useApp();
  const azimuth = look.azimuth.value;
  return (
    <Section title="Light">
      <Slider
        label="Sun from"
        value={azimuth}
        min={0}
        max={359}
        shown={`${COMPASS[Math.round(azimuth / 45) % 8]} ${azimuth}°`}
        rest={315}
        onInput={(value) => (look.azimuth.value = value)}
      />
      <Slider
        label="Sun height"
        value={look.altitude.value}
        min={3}
        max={88}
        shown={`${look.altitude.value}°`}
        rest={38}
        onInput={(value) => (look.altitude.value = value)}
      />
      <Slider
        label="Haze"
        value={Math.round(look.fog.value * 100)}
        min={0}
        max={100}
        shown={`${Math.round(look.fog.value * 100)} %`}
        rest={10}
        onInput={(value) => (look.fog.value = value / 100)}
      />
    </Section>
  );
}

function ViewSection() {
  const { look } = useApp();
  return (
    <Section title="Relief">
      <Slider
        label="Height"
        value={look.exaggeration.value}
        min={1}
        max={40}
        shown={`× ${look.exaggeration.value}`}
        rest={10}
        onInput={(value) => (look.exaggeration.value = value)}
      />
      <Switch label="Water" on={look.water.value} onChange={(on) => (look.water.value = on)} />
      {look.water.value && (
        <Switch label="Moving water" on={look.motion.value} onChange={(on) => (look.motion.value = on)} />
      )}
      <Switch label="Wireframe" on={look.wireframe.value} onChange={(on) => (look.wireframe.value = on)} />
    </Section>
  );
}
