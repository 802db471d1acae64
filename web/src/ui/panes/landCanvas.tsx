import { useEffect, useRef, useState } from "preact/hooks";
import { partOfPage } from "../../engine/parts";
import { useApp } from "../../state/app";
import { IconButton } from "../controls";

const HINTS = {
  orbit: "Drag to turn, wheel to come nearer",
  walk: "Drag to look, W A S D to go, Shift to run",
};

/** The land in 3D. Its code is fetched when it is first shown, and where there is no WebGL the flat views stay. */
export function LandCanvas() {
  const app = useApp();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [wrong, setWrong] = useState<string | null>(null);
  useEffect(() => {
    if (!hasWebGL()) {
      setWrong(NO_WEBGL);
      return undefined;
    }
    let gone = false;
    void partOfPage("What draws the land", import("../../scene/landView"))
      .then(({ LandView }) => {
        if (!gone) app.canvases.land = new LandView(canvas.current!, app.studio, app.look);
      })
      .catch((error: unknown) => setWrong(wordsFor(error)));
    return () => {
      gone = true;
      app.canvases.land?.close();
      app.canvases.land = null;
    };
  }, [app]);
  if (wrong) {
    return (
      <div class="empty">
        <p>{wrong}</p>
        <button type="button" class="button" onClick={() => (app.look.view.value = "shaded")}>
          Show the flat view
        </button>
      </div>
    );
  }
  const mode = app.look.camera.value;
  return (
    <>
      <canvas ref={canvas} class="land" tabIndex={0} role="img" aria-label="The land in 3D. Arrow keys turn it." />
      <p class="hint">{HINTS[mode]}</p>
      <div class="dock cameras">
        {mode === "walk" && <WalkButtons />}
        <IconButton
          icon="orbit"
          label="Fly around"
          keys="W"
          pressed={mode === "orbit"}
          onClick={() => (app.look.camera.value = "orbit")}
        />
        <IconButton
          icon="walk"
          label="Walk"
          keys="W"
          pressed={mode === "walk"}
          onClick={() => {
            app.look.camera.value = "walk";
            canvas.current?.focus();
          }}
        />
      </div>
    </>
  );
}

function WalkButtons() {
  const { canvases } = useApp();
  const hold = (way: number) => ({
    onPointerDown: () => canvases.land?.cameras.push(way),
    onPointerUp: () => canvases.land?.cameras.push(0),
    onPointerLeave: () => canvases.land?.cameras.push(0),
  });
  return (
    <>
      <span class="hold" {...hold(1)}>
        <IconButton icon="up" label="Go forward while held" onClick={() => undefined} />
      </span>
      <span class="hold" {...hold(-1)}>
        <IconButton icon="down" label="Go back while held" onClick={() => undefined} />
      </span>
    </>
  );
}

const NO_WEBGL =
  "This browser has no WebGL 2, which the land in 3D needs: turn on hardware acceleration, or use another browser. The flat views work.";

function hasWebGL(): boolean {
  const context = document.createElement("canvas").getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return context !== null;
}

function wordsFor(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /webgl/i.test(message) ? NO_WEBGL : `The land can't be shown in 3D: ${message}`;
}
