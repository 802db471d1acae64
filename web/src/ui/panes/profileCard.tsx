import { useEffect, useState } from "preact/hooks";
import type { Point } from "../../paint/spans";
import { useApp } from "../../state/app";
import { type Profile, profileAlong } from "../../view/profile";
import { IconButton } from "../controls";

const WIDE = 480;
const HIGH = 96;

/** Heights along a line, as an area under a curve. */
export function ProfileCard({ line, onClose }: { line: [Point, Point]; onClose: () => void }) {
  const { studio } = useApp();
  const land = studio.land.value;
  const [, redraw] = useState(0);
  useEffect(() => land.watch(() => redraw((count) => count + 1)), [land]);
  const profile = profileAlong(land, line, studio.gsd.value);
  const highest = Math.round(profile.highest).toLocaleString("en");
  const long = Math.round(profile.length / 1000).toLocaleString("en");
  return (
    <div class="dock profile">
      <p>
        <strong>{`${long} km`}</strong> <span class="faint">{`highest ${highest} m`}</span>
      </p>
      <IconButton icon="close" label="Close the profile" onClick={onClose} />
      <svg viewBox={`0 0 ${WIDE} ${HIGH}`} role="img" aria-label={`Profile of ${long} km, highest ${highest} m`}>
        <path class="area" d={`${curve(profile)}L${WIDE} ${HIGH}L0 ${HIGH}Z`} />
        <path class="curve" d={curve(profile)} />
      </svg>
    </div>
  );
}

function curve({ metres, highest }: Profile): string {
  const top = Math.max(100, highest * 1.1);
  const last = metres.length - 1;
  const points = Array.from(metres, (height, at) => {
    const x = (at / last) * WIDE;
    const y = HIGH - 1 - (Math.max(0, height) / top) * (HIGH - 4);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  return `M${points.join("L")}`;
}
