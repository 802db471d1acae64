import gzip
import json
import re
from base64 import b64encode
from hashlib import sha256, sha384
from importlib import resources
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from spade_terrain import Model, generate
from spade_terrain.cli import main
from spade_terrain.errors import FileInTheWayError, MissingFileError, StorageError
from spade_terrain.studio import site
from spade_terrain.studio.container import unpack
from spade_terrain.studio.description import TEMPLATES, template
from spade_terrain.studio.site import SEED, write_site


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A built page, in place of the package's own."""
    home = tmp_path / "package"
    (home / "page" / "assets").mkdir(parents=True)
    (home / "page" / "assets" / "index-1.js").write_text("import('./more-2.js')")
    (home / "page" / "assets" / "more-2.js").write_text("1")
    (home / "page" / "assets" / "runtime.asyncify-3.mjs").write_text("2")
    (home / "page" / "assets" / "runtime.wasm").write_bytes(b"\0asm")
    (home / "page" / "assets" / "docs-4.js").write_text("import './docs-5.js'; import './more-2.js'")
    (home / "page" / "assets" / "docs-5.js").write_text("5")
    (home / "page" / "assets" / "docs-6.css").write_text("")
    loaded = ("docs-4.js", "docs-5.js", "docs-6.css", "more-2.js", "index-1.js")
    (home / "page" / "docs.html").write_text("".join(f'<link href="./assets/{name}">' for name in loaded))
    (home / "page" / "offline.js").write_text('const CACHE = "studio-__VERSION__";')
    (home / "page" / "index.html").write_text(
        '<head>\n    <meta charset="utf-8" />\n    <title>T</title>\n'
        '    <script type="module" src="./assets/index-1.js"></script>\n</head>'
    )
    monkeypatch.setattr(
        "spade_terrain.studio.site.files",
        lambda name: home if name == "spade_terrain.studio" else resources.files(name),
    )
    return home / "page"


def _integrity(data: bytes) -> str:
    return f"sha384-{b64encode(sha384(data).digest()).decode()}"


def test_a_site_has_the_page_the_model_in_its_stages_templates_and_an_example(
    page: Path, tmp_path: Path, tiny_model: Model
) -> None:
    folder = tmp_path / "site"
    assert write_site(tiny_model, folder) == sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())
    said = json.loads((folder / "site.json").read_text())
    for part in ("coarse", "fine"):
        file = said["model"][part]
        data = (folder / file["path"]).read_bytes()
        assert (file["bytes"], file["integrity"]) == (len(data), _integrity(data))
        onnxruntime.InferenceSession(data)
    assert [file["path"] for file in said["model"]["runtimes"]] == ["assets/runtime.wasm"]
    assert said["model"]["runtimes"][0]["integrity"] == _integrity(b"\0asm")
    check = said["check"]
    small = np.array([[int(label) for label in row] for row in check["cells"]], np.uint8)
    assert len(set(small.ravel().tolist())) > 3
    made = generate(
        small.repeat(check["cell"], 0).repeat(check["cell"], 1),
        model=tiny_model.styled(said["example"]["choices"]["style"]),
        seed=SEED,
    )
    middles = np.s_[check["cell"] // 2 :: check["cell"], check["cell"] // 2 :: check["cell"]]
    np.testing.assert_allclose(check["heights"], made.height[middles].ravel(), atol=0.001)
    np.testing.assert_array_equal(check["texture"], made.texture[middles].ravel())
    assert said["model"]["card"]["name"] == tiny_model.card.name
    choices = said["capabilities"]["formats"] + said["capabilities"]["presets"]
    assert sorted(each["name"] for each in choices if each["lacking"] is None) == sorted(site.FORMATS)
    assert {"assets/more-2.js", "templates/oases.png", "example.bin.gz"} < set(said["later"])
    begun = {"index.html", "offline.js", "assets/runtime.wasm", "assets/runtime.asyncify-3.mjs", "model/coarse.onnx"}
    assert not set(said["later"]) & begun
    example = unpack(gzip.decompress((folder / said["example"]["file"]["path"]).read_bytes()))
    labels = template(TEMPLATES[0])
    np.testing.assert_array_equal(example.arrays["labels"], labels)
    plain = tiny_model.styled(dict.fromkeys(tiny_model.card.style, 0))
    terrain = generate(labels, model=plain, seed=SEED)
    np.testing.assert_array_equal(example.arrays["texture"], terrain.texture)
    np.testing.assert_allclose(example.arrays["height"], terrain.height, atol=0.126)
    np.testing.assert_array_equal(example.arrays["height"] > 0, terrain.height > 0)
    assert page.is_dir()


def test_of_what_the_page_does_not_make_it_says_the_command(
    page: Path, tmp_path: Path, tiny_model: Model, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write_site(tiny_model, tmp_path / "site")
    told = json.loads((tmp_path / "site" / "site.json").read_text())["capabilities"]
    lines = [each["lacking"] for each in told["formats"] + told["presets"] if each["lacking"]]
    commands = [re.findall("`spade-terrain (.*?)`", line)[0] for line in [*lines, told["details_lacking"]]]
    orders = {command.split(" --out land ")[1] for command in commands}
    assert {"--format geotiff", "--format rivers --detail 4", "--for unity", "--detail 4"} < orders
    monkeypatch.chdir(tmp_path)
    for command in commands:
        assert main(command.split()) == 2
        assert "no such file: land.spadeproj" in capsys.readouterr().err  # it is all that is missing
    assert page.is_dir()


def test_the_head_names_the_site_and_all_that_it_may_load(page: Path, tmp_path: Path, tiny_model: Model) -> None:
    folder = tmp_path / "site"
    write_site(tiny_model, folder)
    head = (folder / "index.html").read_text()
    assert '<meta name="studio-site" content="site.json" />' in head
    script = (page / "assets" / "index-1.js").read_bytes()
    assert f'src="./assets/index-1.js" integrity="{_integrity(script)}"' in head
    imports = re.search('<script type="importmap">(.*?)</script>', head)
    assert imports is not None
    assert json.loads(imports[1])["integrity"]["./assets/more-2.js"] == _integrity(b"1")
    assert f"'sha256-{b64encode(sha256(imports[1].encode()).digest()).decode()}'" in head
    assert head.index("charset") < head.index("Content-Security-Policy") < head.index("importmap")


def test_the_page_of_the_servers_calls_is_left_out_with_what_it_alone_loads(
    page: Path, tmp_path: Path, tiny_model: Model
) -> None:
    folder = tmp_path / "site"
    write_site(tiny_model, folder)
    assert {p.name for p in folder.glob("assets/*-*.*s*")} == {"index-1.js", "more-2.js", "runtime.asyncify-3.mjs"}
    assert not [p for p in folder.rglob("*.*") if "docs" in p.name or b"docs-" in p.read_bytes()]
    assert (page / "docs.html").exists()


def test_another_model_is_another_version_for_the_cache(page: Path, tmp_path: Path, tiny_model: Model) -> None:
    versions = []
    for i in range(2):
        (page / "assets" / "more-2.js").write_text(str(i // 2))
        write_site(tiny_model, tmp_path / "site")
        versions.append((tmp_path / "site" / "offline.js").read_text())
    (page / "assets" / "more-2.js").write_text("2")
    write_site(tiny_model, tmp_path / "site")
    versions.append((tmp_path / "site" / "offline.js").read_text())
    assert versions[0] == versions[1] != versions[2]
    assert "__VERSION__" not in versions[0]


def test_a_site_is_replaced_whole(page: Path, tmp_path: Path, tiny_model: Model) -> None:
    folder = tmp_path / "site"
    write_site(tiny_model, folder)
    (folder / "assets" / "of-an-older-page.js").write_text("")
    write_site(tiny_model, folder)
    assert not (folder / "assets" / "of-an-older-page.js").exists()
    assert {p.name for p in tmp_path.iterdir()} == {"package", "site"}
    assert page.is_dir()


def test_a_site_stays_when_the_next_can_not_be_written(
    page: Path, tmp_path: Path, tiny_model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, move = tmp_path / "site", Path.rename
    write_site(tiny_model, folder)
    before = (folder / "offline.js").read_bytes()

    def full(path: Path, target: Path) -> Path:
        if path.name.endswith(".draft"):
            raise OSError(28, "No space left on device")
        return move(path, target)

    monkeypatch.setattr(Path, "rename", full)
    (page / "assets" / "more-2.js").write_text("another page")
    with pytest.raises(StorageError, match="No space left"):
        write_site(tiny_model, folder)
    assert (folder / "offline.js").read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} == {"package", "site"}


def test_other_files_are_left_alone(page: Path, tmp_path: Path, tiny_model: Model) -> None:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(FileInTheWayError, match="no site"):
        write_site(tiny_model, folder)
    assert [p.name for p in folder.iterdir()] == ["thesis.txt"]
    assert page.is_dir()


def test_without_a_page_nothing_is_written(page: Path, tmp_path: Path, tiny_model: Model) -> None:
    (page / "index.html").unlink()
    with pytest.raises(MissingFileError, match="npm"):
        write_site(tiny_model, tmp_path / "site")
    assert {p.name for p in tmp_path.iterdir()} == {"package"}
