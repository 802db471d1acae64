import { useEffect, useState } from "preact/hooks";
import { useApp } from "../state/app";
import { IconButton } from "./controls";

const SLOW = 300; // milliseconds after which work is shown

/** What the engine does now. Quick work passes without a word. */
export function LiveStatus() {
  const { studio, files, loaded, runs } = useApp();
  const live = studio.live.value;
  const working = files.busy.value !== null || live.is === "working" || live.is === "preview";
  const slow = useAfter(working, SLOW);
  if (live.is === "away" || live.is === "failed") {
    return (
      <div class="status wrong" role="alert">
        <span title={live.message}>{live.message}</span>
        <button type="button" class="button small" onClick={() => studio.retry()}>
          Try again
        </button>
      </div>
    );
  }
  const many = live.is === "working" && live.of > 1 ? ` ${live.done} of ${live.of}` : "";
  const share = loaded.value;
  const making = share === null ? `Making land${many}` : `Loading the model, ${Math.round(100 * share)} %`;
  const words = working ? (slow ? (files.busy.value ?? making) : "") : "Up to date";
  return (
    <div class="status" role="status" data-live={live.is} title={runs.value?.words}>
      <span class={slow ? "pulse" : working ? "dot" : "dot done"} />
      <span class="words">{words}</span>
      {runs.value && !working && <span class="faint">{runs.value.short}</span>}
    </div>
  );
}

/** How much of the model has come, also while nothing waits for it. */
export function LoadingBar() {
  const share = useApp().loaded.value;
  return share === null ? null : <progress class="loading" aria-label="Loading the model" value={share} max={1} />;
}

/** Whether `on` has been true for that long. */
function useAfter(on: boolean, milliseconds: number): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (!on) return undefined;
    const timer = setTimeout(() => setLate(true), milliseconds);
    return () => clearTimeout(timer);
  }, [on, milliseconds]);
  return on && late;
}

const NOTE_STAYS = 9000; // milliseconds

export function NoticeBar() {
  const { studio } = useApp();
  const notice = studio.notice.value;
  useEffect(() => {
    if (notice?.kind !== "note") return undefined;
    const timer = setTimeout(() => studio.notice.peek() === notice && (studio.notice.value = null), NOTE_STAYS);
    return () => clearTimeout(timer);
  }, [notice, studio]);
  if (!notice) return null;
  return (
    <div class={`notice ${notice.kind}`} role={notice.kind === "error" ? "alert" : "status"}>
      <span>{notice.text}</span>
      {notice.action && (
        <button type="button" class="button small" onClick={notice.action.run}>
          {notice.action.label}
        </button>
      )}
      <IconButton icon="close" label="Close" onClick={() => (studio.notice.value = null)} />
    </div>
  );
}
