import { useRef } from "preact/hooks";
import { useApp } from "../state/app";
import { LONGEST_NAME } from "../state/files";
import type { Theme } from "../state/look";
import { IconButton } from "./controls";
import { Icon } from "./icons";
import { LiveStatus, LoadingBar } from "./status";

const NEXT_THEME: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
const THEME_ICON = { auto: "auto", light: "sun", dark: "moon" } as const;

export function Header() {
  const { studio, look } = useApp();
  return (
    <header class="header">
      <LoadingBar />
      <div class="brand">
        <svg class="mark" viewBox="0 0 24 24" aria-hidden="true">
          <path d="M2 19 L9 6 L13 13 L15.5 9 L22 19 Z" />
        </svg>
        <h1 class="unseen">Terrain studio</h1>
        <input
          class="name"
          aria-label="Name of the map"
          value={studio.name.value}
          maxLength={LONGEST_NAME}
          spellcheck={false}
          onInput={(event) => (studio.name.value = event.currentTarget.value)}
        />
      </div>
      <div class="group">
        <IconButton
          icon="undo"
          label="Undo"
          keys="Ctrl Z"
          disabled={!studio.canUndo.value}
          onClick={() => studio.undo()}
        />
        <IconButton
          icon="redo"
          label="Redo"
          keys="Ctrl Y"
          disabled={!studio.canRedo.value}
          onClick={() => studio.redo()}
        />
      </div>
      <LiveStatus />
      <FileButtons />
      <PageButtons />
      <button type="button" class="button primary" title="Export (E)" onClick={() => (look.dialog.value = "export")}>
        <Icon name="down" />
        Export
      </button>
    </header>
  );
}

function FileButtons() {
  const { look, files, canvases } = useApp();
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <div class="group files">
      <IconButton icon="plus" label="New map" keys="N" onClick={() => (look.dialog.value = "new")} />
      <IconButton icon="open" label="Open a file" onClick={() => chooser.current?.click()} />
      <IconButton icon="save" label="Save the project" keys="Ctrl S" onClick={() => void files.saveProject()} />
      <IconButton icon="picture" label="Save a 4K picture" onClick={() => void files.savePicture(canvases)} />
      <input
        ref={chooser}
        class="unseen"
        type="file"
        tabIndex={-1}
        aria-label="File to open"
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) void files.open(file);
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}

function PageButtons() {
  const { look } = useApp();
  const theme = look.theme.value;
  return (
    <div class="group quiet">
      <IconButton
        icon={THEME_ICON[theme]}
        label={`Theme: ${theme}`}
        onClick={() => (look.theme.value = NEXT_THEME[theme])}
      />
      <button
        type="button"
        class="icon-button"
        aria-label="Keyboard shortcuts"
        title="Keyboard shortcuts (?)"
        onClick={() => (look.dialog.value = "shortcuts")}
      >
        ?
      </button>
      <IconButton
        icon="panel"
        label="Settings"
        keys="P"
        pressed={look.panel.value}
        onClick={() => look.togglePanel()}
      />
    </div>
  );
}
