import { useEffect, useRef } from "preact/hooks";
import type { Template } from "../../engine/engine";
import { useApp } from "../../state/app";
import { ENLARGEMENTS, SIZES } from "../../state/files";
import { paletteOf } from "../../view/colours";
import { Raster } from "../../view/raster";
import { Dialog } from "./dialog";

export function NewDialog() {
  const { studio, look, files } = useApp();
  const close = (): void => void (look.dialog.value = null);
  const start = (begin: () => void) => () => {
    close();
    begin();
  };
  return (
    <Dialog title="New map" onClose={close}>
      {studio.model.templates.length > 0 && (
        <>
          <h3>Start from an example</h3>
          <div class="templates">
            {studio.model.templates.map((template) => (
              <button
                key={template.name}
                type="button"
                class="template"
                onClick={start(() => void files.template(template.name, template.label))}
              >
                <Thumbnail template={template} />
                <span>{template.label}</span>
              </button>
            ))}
          </div>
        </>
      )}
      <h3>Start from open sea</h3>
      <div class="sizes">
        {SIZES.filter((size) => size <= studio.model.max_size).map((size) => (
          <button key={size} type="button" class="button size" onClick={start(() => files.blank(size))}>
            <strong>{`${size} × ${size}`}</strong>
            <span class="faint">{`${((size * studio.model.gsd) / 1000).toLocaleString("en")} km wide`}</span>
          </button>
        ))}
      </div>
      <p class="faint">
        {studio.model.legends.length > 0
          ? "Or drop a file on the page: a picture, a map with a legend, an Azgaar export, a .spadeproj."
          : "Or drop a file on the page: a picture in the seven colours, or a .spadeproj."}
      </p>
      <Enlargements onChoice={(scale) => start(() => void files.enlarge(scale))()} />
    </Dialog>
  );
}

function Enlargements({ onChoice }: { onChoice: (scale: number) => void }) {
  const { studio } = useApp();
  const { width, height } = studio.doc.value;
  const possible = ENLARGEMENTS.filter((scale) => scale * Math.max(width, height) <= studio.model.max_size);
  if (possible.length === 0) return null;
  return (
    <footer>
      <h3>Enlarge this map</h3>
      {possible.map((scale) => (
        <button key={scale} type="button" class="button size" onClick={() => onChoice(scale)}>
          <strong>{`${scale} times`}</strong>
          <span class="faint">{`${scale * width} × ${scale * height}`}</span>
        </button>
      ))}
    </footer>
  );
}

function Thumbnail({ template }: { template: Template }) {
  const { studio } = useApp();
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    let gone = false;
    const draw = async (): Promise<void> => {
      const { width, height, labels } = await studio.engine.template(template.name);
      if (gone) return;
      const palette = paletteOf(studio.model.classes);
      const raster = new Raster(width, height);
      raster.draw({ x: 0, y: 0, width, height }, (at) => palette[labels[at]!]!);
      canvas.current!.getContext("2d")!.drawImage(raster.canvas, 0, 0, canvas.current!.width, canvas.current!.height);
    };
    draw().catch((error: unknown) => studio.fail(error));
    return () => {
      gone = true;
    };
  }, [studio, template]);
  return <canvas ref={canvas} width={240} height={Math.round((240 * template.height) / template.width)} />;
}
