/** Keeps the work in the browser while it changes. */
import { effect } from "@preact/signals";
import type { Autosave } from "../document/autosave";
import type { Studio } from "./studio";

const REST = 400; // milliseconds without a change

export function keepWork(studio: Studio, saves: Autosave, id: string): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unsaved = false;
  const save = (): void => {
    clearTimeout(timer);
    if (!unsaved) return;
    unsaved = false;
    const { width, height, labels, guide, courses, gsd } = studio.doc.peek();
    const [name, choices, carving] = [studio.name.peek(), studio.choices.peek(), studio.carving.peek()];
    saves
      .save({ id, savedAt: Date.now(), name, choices, carving, width, height, labels, guide, courses, gsd })
      .catch((error: unknown) => {
        studio.fail(`The browser can't keep this work: ${String(error)}. Save the project as a file.`);
      });
  };
  effect(() => {
    void [studio.revision.value, studio.choices.value, studio.name.value, studio.doc.value, studio.carving.value];
    unsaved = true;
    clearTimeout(timer);
    timer = setTimeout(save, REST);
  });
  // A page that is left, or a phone's that is put away, may not come back.
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && save());
  addEventListener("pagehide", save);
}
