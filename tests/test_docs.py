"""What the pages in docs/ tell people to type is understood, and their links lead somewhere."""

import re
import shlex
from pathlib import Path

import pytest

from spade_terrain import cli

ROOT = Path(__file__).parents[1]
PAGES = {str(page.relative_to(ROOT)): page.read_text() for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]}
COMMANDS = [
    command.replace("\\\n", "").removesuffix(" FLAGS")
    for page in PAGES.values()
    for command in re.findall(r"^ {4}(spade-terrain (?:.*\\\n)*.*)$", page, re.MULTILINE)
]


def _anchors(page: str) -> set[str]:
    """What GitHub makes of a page's headings."""
    headings = re.findall(r"^#+ (.*)$", page, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_are_understood(command: str) -> None:
    cli._parser().parse_args(shlex.split(command)[1:])


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", PAGES[name]):
        path = ((ROOT / name).parent / target).resolve() if target else ROOT / name
        assert path.is_file(), target
        assert not anchor or anchor in _anchors(path.read_text()), f"{target}#{anchor}"


def test_every_page_is_linked() -> None:
    linked = {target for page in PAGES.values() for target in re.findall(r"\]\((?:docs/)?([\w-]+\.md)", page)}
    assert {Path(name).name for name in PAGES} - {"README.md"} <= linked


@pytest.mark.parametrize("page", ["docs/python.md", "docs/previews.md"])
def test_python_examples_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for example in re.findall(r"```python\n(.*?)```", PAGES[page], re.DOTALL):
        exec(example, names)
    for said in re.findall(r"^ +print\(.*\)  # (.*)$", PAGES[page], re.MULTILINE):
        assert said in capsys.readouterr().out
