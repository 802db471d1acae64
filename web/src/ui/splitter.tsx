import { useRef } from "preact/hooks";
import { useSignal } from "@preact/signals";

const LEAST = 25; // per cent
const MOST = 70;

/** The bar between the panes: drag it, or move it with arrow keys. */
export function Splitter() {
  const bar = useRef<HTMLDivElement>(null);
  const part = useSignal(42);
  const set = (percent: number): void => {
    part.value = Math.max(LEAST, Math.min(MOST, Math.round(percent)));
    bar.current!.parentElement!.style.setProperty("--paint-part", `${part.value}%`);
  };
  return (
    <div
      ref={bar}
      class="splitter"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label="Width of the paint pane"
      aria-valuenow={part.value}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        const box = event.currentTarget.parentElement!.getBoundingClientRect();
        set(((event.clientX - box.left) / box.width) * 100);
      }}
      onKeyDown={(event) => {
        if (event.key === "ArrowLeft") set(part.value - 2);
        else if (event.key === "ArrowRight") set(part.value + 2);
        else return;
        event.preventDefault();
      }}
    />
  );
}
