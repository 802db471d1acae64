import { useApp } from "../../state/app";
import { type Shortcut, SHORTCUTS } from "../../state/shortcuts";
import { capital } from "../controls";
import { Dialog } from "./dialog";

const GROUPS: Shortcut["group"][] = ["Tools", "Paint", "See", "File"];
const MOD = /mac|iphone|ipad/i.test(navigator.userAgent) ? "⌘" : "Ctrl";

export function ShortcutsDialog() {
  const { studio, look } = useApp();
  const about = (shortcut: Shortcut): string => {
    const label = /^Class (\d)$/.exec(shortcut.about)?.[1];
    return label ? capital(studio.model.classes[Number(label) - 1]?.name ?? shortcut.about) : shortcut.about;
  };
  return (
    <Dialog title="Keyboard" onClose={() => (look.dialog.value = null)}>
      <div class="shortcuts">
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            <dl>
              {SHORTCUTS.filter((shortcut) => shortcut.group === group).map((shortcut) => (
                <div key={shortcut.keys}>
                  <dt>
                    {shortcut.keys.split(/\+(?=.)/).map((key) => (
                      <kbd key={key}>{key === "Mod" ? MOD : key}</kbd>
                    ))}
                  </dt>
                  <dd>{about(shortcut)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
