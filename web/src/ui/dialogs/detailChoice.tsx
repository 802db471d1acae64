import { useApp } from "../../state/app";
import { Segmented } from "../controls";
import { CarvingSwitches } from "../inspector";

interface DetailChoiceProps {
  /** 0: as the map, not carved. */
  detail: number;
  onChange: (detail: number) => void;
}

const metres = (length: number): string => length.toLocaleString("en", { maximumSignificantDigits: 4 });

/** How fine files are made. */
export function DetailChoice({ detail, onChange }: DetailChoiceProps) {
  const { model, gsd } = useApp().studio;
  const options = [0, ...model.details].map((each) => ({
    value: `${each}`,
    label: each === 0 ? "As painted" : `${each}×`,
  }));
  return (
    <section class="detail">
      <h3>Detail</h3>
      <Segmented label="Detail" options={options} value={`${detail}`} onChange={(value) => onChange(Number(value))} />
      <p class="faint">
        {detail === 0
          ? `${metres(gsd.value)} m a pixel. Finer land is carved by water, with rivers and lakes.`
          : `${metres(gsd.value / detail)} m a pixel, carved by water, with rivers and lakes.`}
      </p>
      {detail > 0 && <CarvingSwitches />}
    </section>
  );
}
