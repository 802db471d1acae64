import { useEffect, useState } from "preact/hooks";
import { type App, AppContext, useApp } from "../state/app";
import { ExportDialog } from "./dialogs/exportDialog";
import { NewDialog } from "./dialogs/newDialog";
import { ShortcutsDialog } from "./dialogs/shortcutsDialog";
import { Segmented } from "./controls";
import { Header } from "./header";
import { Inspector } from "./inspector";
import { PaintPane } from "./panes/paintPane";
import { SeePane } from "./panes/seePane";
import { Splitter } from "./splitter";
import { NoticeBar } from "./status";

const PANES = [
  { value: "paint", label: "Paint" },
  { value: "see", label: "See" },
] as const;

export function Page({ app }: { app: App }) {
  const { look } = app;
  return (
    <AppContext.Provider value={app}>
      <div class="page" data-pane={look.pane.value}>
        <Header />
        <main>
          <PaintPane />
          <Splitter />
          <SeePane />
          <Inspector />
        </main>
        <nav class="panes" aria-label="Panes">
          <Segmented
            label="Pane"
            options={PANES}
            value={look.pane.value}
            onChange={(pane) => (look.pane.value = pane)}
          />
        </nav>
        <NoticeBar />
        <DropZone />
      </div>
      {look.dialog.value === "new" && <NewDialog />}
      {look.dialog.value === "export" && <ExportDialog />}
      {look.dialog.value === "shortcuts" && <ShortcutsDialog />}
    </AppContext.Provider>
  );
}

/** The whole page takes files. */
function DropZone() {
  const { files } = useApp();
  const [over, setOver] = useState(false);
  useEffect(() => {
    const ends = new AbortController();
    const on = { signal: ends.signal };
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes("Files") ?? false;
    document.addEventListener(
      "dragover",
      (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        setOver(true);
      },
      on,
    );
    document.addEventListener("dragleave", (event) => event.relatedTarget === null && setOver(false), on);
    document.addEventListener(
      "drop",
      (event) => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (file) void files.open(file);
      },
      on,
    );
    return () => ends.abort();
  }, [files]);
  return over ? <div class="drop">Drop to open</div> : null;
}
