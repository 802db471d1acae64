import { useApp } from "../../state/app";
import { MAX_BRUSH, type Tool } from "../../state/studio";
import { SYMMETRIES, type Symmetry } from "../../paint/symmetry";
import { MAX_METRES, type Sculpting } from "../../paint/sculpt";
import { IconButton, Segmented, Slider } from "../controls";

const TOOLS: readonly [Tool, string, string][] = [
  ["brush", "Brush", "B"],
  ["line", "Line", "L"],
  ["lasso", "Area", "G"],
  ["fill", "Fill", "F"],
  ["smooth", "Smooth borders", "S"],
  ["height", "Heights", "H"],
  ["pick", "Pick a class", "I"],
  ["pan", "Move the map", "V"],
];
const MIRROR_WORDS: Record<Symmetry, string> = {
  none: "off",
  "left-right": "left and right",
  "top-bottom": "top and bottom",
  both: "both",
};

export function ToolDock() {
  const app = useApp();
  const { studio } = app;
  const symmetry = studio.symmetry.value;
  const next = SYMMETRIES[(SYMMETRIES.indexOf(symmetry) + 1) % SYMMETRIES.length]!;
  const tools = TOOLS.filter(([tool]) => tool !== "height" || studio.model.guided);
  return (
    <div class="dock tools" role="toolbar" aria-label="Tools" aria-orientation="vertical">
      {tools.map(([tool, label, keys]) => (
        <IconButton
          key={tool}
          icon={tool}
          label={label}
          keys={keys}
          pressed={studio.tool.value === tool}
          onClick={() => (studio.tool.value = tool)}
        />
      ))}
      <hr />
      <IconButton
        icon="mirror"
        label={`Symmetry: ${MIRROR_WORDS[symmetry]}`}
        pressed={symmetry !== "none"}
        onClick={() => (studio.symmetry.value = next)}
      />
      <IconButton icon="fit" label="Whole map" keys="0" onClick={() => app.canvases.paint?.fit()} />
      <IconButton icon="clear" label="Clear to water" onClick={() => studio.clear()} />
    </div>
  );
}

/** What the chosen tool can be set to. */
export function ToolOptions() {
  const { studio } = useApp();
  const tool = studio.tool.value;
  const sized = tool === "brush" || tool === "line" || tool === "smooth" || tool === "height";
  return (
    <div class="dock options">
      {sized && (
        <Slider
          label="Size"
          // Sizes are felt in proportion.
          value={Math.round(Math.log2(studio.size.value) * 100)}
          min={0}
          max={Math.round(Math.log2(MAX_BRUSH) * 100)}
          shown={`${studio.size.value} px`}
          onInput={(value) => (studio.size.value = Math.round(2 ** (value / 100)))}
        />
      )}
      {tool === "height" && <HeightOptions />}
      {tool === "smooth" && (
        <button type="button" class="button small" onClick={() => studio.smoothAll()}>
          Everywhere
        </button>
      )}
      <Slider
        label="Overlay"
        value={Math.round(studio.overlay.value * 100)}
        min={0}
        max={100}
        shown={`${Math.round(studio.overlay.value * 100)} %`}
        rest={35}
        onInput={(value) => (studio.overlay.value = value / 100)}
      />
    </div>
  );
}

function HeightOptions() {
  const { studio } = useApp();
  const options: { value: Sculpting; label: string }[] = [
    { value: "raise", label: "Raise" },
    { value: "lower", label: "Lower" },
    { value: "level", label: "Level" },
  ];
  void studio.revision.value;
  return (
    <>
      <Segmented
        label="What the height brush does"
        options={options}
        value={studio.sculpting.value}
        onChange={(how) => (studio.sculpting.value = how)}
      />
      {studio.sculpting.value === "level" && (
        <Slider
          label="To"
          value={studio.level.value}
          min={0}
          max={MAX_METRES}
          step={50}
          shown={`${studio.level.value} m`}
          onInput={(metres) => (studio.level.value = metres)}
        />
      )}
      {studio.doc.value.hasGuide() && (
        <button type="button" class="button small" onClick={() => studio.forgetHeights()}>
          Forget heights
        </button>
      )}
    </>
  );
}
