import { useEffect, useRef } from "preact/hooks";
import { useApp } from "../../state/app";
import { kilometres } from "../controls";
import { PaintCanvas } from "../../view/paintCanvas";
import { Swatches } from "./swatches";
import { ToolDock, ToolOptions } from "./toolDock";

export function PaintPane() {
  const app = useApp();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const view = new PaintCanvas(canvas.current!, app.studio);
    app.canvases.paint = view;
    return () => {
      app.canvases.paint = null;
      view.close();
    };
  }, [app]);
  const { width, height } = app.studio.doc.value;
  const km = (pixels: number): string => kilometres(pixels * app.studio.gsd.value);
  return (
    <section class="pane paint" aria-label="Paint">
      <canvas ref={canvas} role="img" aria-label={`Painted map, ${width} by ${height} pixels`} />
      {app.studio.revision.value === 0 && <p class="welcome">Pick a ground below and paint. The land follows.</p>}
      <p class="scale-note">{`${width} × ${height} · ${km(width)} × ${km(height)} km`}</p>
      <ToolDock />
      <ToolOptions />
      <Swatches />
    </section>
  );
}
