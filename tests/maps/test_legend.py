from pathlib import Path

import pytest

from spade_terrain.errors import MapError, ParameterError, StorageError, TerrainError
from spade_terrain.maps.legend import PALETTE, Legend, as_legend, read_legend
from spade_terrain.palette import CLASSES


def _write(folder: Path, text: str) -> Path:
    path = folder / "legend.toml"
    path.write_text(text)
    return path


def test_reads_one_colour_or_several_a_class(tmp_path: Path) -> None:
    path = _write(tmp_path, 'water = "#1188dd"\nforest = ["#003300", "#0A550b"]\n')
    legend = read_legend(path)
    assert legend.rgb.tolist() == [[17, 136, 221], [0, 51, 0], [10, 85, 11]]
    assert legend.labels.tolist() == [0, 2, 2]
    assert legend.name == str(path)
    assert as_legend(path) == as_legend(str(path)) == as_legend(legend) == legend


def test_the_palette_is_the_default() -> None:
    assert as_legend(None) is PALETTE
    assert PALETTE.colours == CLASSES
    assert PALETTE.labels.tolist() == [0, 1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ('water = "#102030"\nforest = ["#405060", "#102030"]', "#102030 twice, to water and to forest"),
        ('water = ["#aabbcc", "#AABBCC"]', "#AABBCC twice, to water and to water"),
        ('lava = "#ff0000"', "a class 'lava'; the classes are water, grassland, .*, tundra$"),
        ('water = "blue"', "water = 'blue' is not a colour; .*#rrggbb"),
        ('water = "#12345"', "water = '#12345' is not a colour"),
        ("water = [17, 141, 215]", "water = 17 is not a colour"),
        ("water = { rgb = 3 }", "is not a colour"),
        ("water = #1188dd", "is not TOML .*forest = "),
        ("water = " + "[" * 16_000, "is not TOML"),
        ("water = " + "[" * 300 + '"#000000"' + "]" * 300, r"water = \[\[.* is not a colour"),
        ("a." * 8_000 + "b = 1", "is not TOML|names a class"),
        ("water = " + "9" * 5000, "is not TOML"),
        ("water = 0x" + "9" * 5000, "is not a colour"),
        (f"water = '{'b' * 5000}'", "is not a colour"),
        (f'"{"b" * 5000}" = "#000000"', "names a class"),
        ("water = 2024-01-01", "is not a colour"),
        ("water = inf", "water = inf is not a colour"),
        ("water = [true]", "water = True is not a colour"),
        ("# " + "a" * (1 << 18), "too large for a legend"),
        ("", "has 0 colours; give at least one"),
        ("water = [" + ", ".join(f'"#0000{i:02x}"' for i in range(65)) + "]", "has 65 colours; .*64 at most"),
    ],
)
def test_legends_that_are_none(text: str, match: str, tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match=match) as caught:
        read_legend(_write(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


def test_a_legend_with_many_comments(tmp_path: Path) -> None:
    lines = [f"# {'what this layer of the painting is for, ' * 20}" for _ in range(100)]
    assert len(read_legend(_write(tmp_path, "\n".join([*lines, 'water = "#102030"']))).colours) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_texts_as_editors_save_them(encoding: str, newline: str, tmp_path: Path) -> None:
    text = newline.join(["# Wälder", 'water = "#1188dd"', 'forest = "#003300"', ""])
    mark = "\ufeff" if encoding.endswith("e") else ""
    (tmp_path / "legend.toml").write_bytes((mark + text).encode(encoding))
    assert read_legend(tmp_path / "legend.toml").labels.tolist() == [0, 2]


def test_what_is_no_legend_at_all(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is a folder, not a legend"):
        read_legend(tmp_path)
    with pytest.raises(StorageError, match="is a device, not a legend"):
        read_legend(Path("/dev/zero"))
    for wrong in ({"water": "#000000"}, 5, True):
        with pytest.raises(ParameterError, match=f"a legend or a path, not {type(wrong).__name__}"):
            as_legend(wrong)  # type: ignore[arg-type]
    with pytest.raises(MapError, match="the legend is list; give names"):
        Legend.of(["#000000"])  # type: ignore[arg-type]


def test_files_that_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match=r"no such legend: .*none\.toml"):
        read_legend(tmp_path / "none.toml")
    (tmp_path / "legend.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(TerrainError, match="not TOML"):
        read_legend(tmp_path / "legend.toml")


def test_a_legend_without_a_file() -> None:
    legend = Legend.of({"water": "#102030", "forest": ("#405060", "#405061")})
    assert legend.labels.tolist() == [0, 2, 2]
    with pytest.raises(MapError, match=r"^the legend gives #102030 twice, to water and to forest"):
        Legend.of({"water": "#102030", "forest": "#102030"})
