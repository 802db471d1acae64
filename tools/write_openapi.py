"""Write `docs/openapi.json`, which describes the studio's calls, after they have changed.

`npm run api` in web/ makes the page's types of it.
"""

import json
from pathlib import Path

from spade_terrain.studio.app import App

DOCUMENT = Path(__file__).parents[1] / "docs" / "openapi.json"


def document() -> str:
    """What the file is to hold."""
    return json.dumps(App().openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8", newline="\n")
