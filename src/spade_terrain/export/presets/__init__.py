"""Files for the tools that terrains go to, as each wants them. Nothing heavy is imported until one is written."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from spade_terrain.errors import ParameterError
from spade_terrain.export.options import ExportOptions

if TYPE_CHECKING:
    from spade_terrain.export.job import ExportJob, Files


class Writer(Protocol):
    """Writes the files for one tool."""

    def __call__(self, job: "ExportJob", side: int, /) -> "Files":
        """Write height map, texture and `TOOL.txt`, the import settings; returns what the sidecar says of each file.

        `side` is one of the preset's sides; 0 if it has none.
        """
        ...


@dataclass(frozen=True)
class Preset:
    """One choice of `ExportOptions.presets`.

    Attributes:
        name: the tool's; also its module here, whose function `write` is a `Writer`.
        sides: the sides in pixels that the tool takes; none if it takes any, and is given the map's.
        a_metre_a_pixel: whether the tool knows no other scale.
        km: the least and the most km that the tool takes of the longer side of a map of so many pixels; the map is
            made to fit, about `PLAYABLE_KM`, if nobody says how. None if it takes a map as large as the ground.
        layers: whether its layers must have the size of its height map.
        library: what its module imports beyond the core.

    """

    name: str
    sides: Sequence[int] = ()
    a_metre_a_pixel: bool = False
    km: Callable[[int], tuple[float, float]] | None = None
    layers: bool = False
    library: str | None = None

    def playable_km(self, longer_side: int, wanted: float | None) -> float | None:
        """How many km long the longer side of a map, so many pixels, is in the tool; None for the true size.

        Raises `ParameterError` if the tool doesn't take what is `wanted`.
        """
        if self.km is None:
            return wanted
        least, most = self.km(longer_side)
        if wanted is None:
            return min(max(PLAYABLE_KM, least), most)
        if not least <= wanted <= most:
            raise ParameterError(
                f"`presets` {self.name} `playable_km` {wanted:g}: {self.name} takes {least:g} to {most:g} km "
                f"of a map of {longer_side:,} pixels"
            )
        return wanted

    @property
    def writer(self) -> Writer:
        """Its writer, imported now."""
        return cast(Writer, import_module(f"spade_terrain.export.presets.{self.name}").write)


PLAYABLE_KM = 8.0
"""The longer side of a world that one can walk through, which engines are built for."""

GODOT_PIXELS = 16384
"""The longest side of a picture in Godot."""


def _terrain3d_km(longer_side: int) -> tuple[float, float]:
    """Terrain3D's vertices stand 0.25 to 100 m apart, and it clamps what is typed in."""
    pixels = min(longer_side, GODOT_PIXELS)
    return 0.25 * pixels / 1000, 100 * pixels / 1000


PRESETS = (
    # Unity clamps sizes to 1 to 100,000 m.
    Preset("unity", [2**n + 1 for n in range(5, 13)], km=lambda _: (0.01, 100.0)),
    # Unreal 4 ends after 20 km; Unreal 5 goes on, but its tools are built for the same.
    Preset("unreal", [127, 253, 505, 1009, 2017, 4033, 8129], km=lambda _: (0.01, 1e5), layers=True),
    Preset("godot", [2**n + 1 for n in range(9, 13)], km=_terrain3d_km),
    Preset("blender", library="OpenEXR"),
    Preset("worldpainter", range(64, 30001), a_metre_a_pixel=True),
)


def chosen(options: ExportOptions, height: int, width: int) -> list[tuple[Preset, int]]:
    """The presets that `options` asks for a map of `height` x `width` pixels, and the side of each.

    Raises `ParameterError` if there is no such preset, the tool doesn't take the side or size asked for, or is named
    twice.
    """
    wanted = [_chosen(name, max(height, width), options.playable_km) for name in options.presets]
    for preset, _ in wanted:
        preset.playable_km(max(height, width), options.playable_km)
    tools = [preset.name for preset, _ in wanted]
    for tool in tools:
        if tools.count(tool) > 1:
            raise ParameterError(
                f"`presets` names {tool} twice, and its files would have the same names; choose one side"
            )
    return wanted


def layers_side(options: ExportOptions, height: int, width: int) -> int | None:
    """The side of the masks of a map of `height` x `width` pixels, if one of the tools takes no other."""
    return next((side for preset, side in chosen(options, height, width) if preset.layers), None)


def _chosen(name: str, longer_side: int, playable_km: float | None) -> tuple[Preset, int]:
    tool, colon, number = name.partition(":")
    preset = next((preset for preset in PRESETS if preset.name == tool), None)
    if preset is None:
        raise ParameterError(f"`presets` {name}: no such tool; there are {', '.join(p.name for p in PRESETS)}")
    if colon:
        return preset, _checked(preset, int(number) if number.isdecimal() else 0, f"`presets` {name}")
    if preset.a_metre_a_pixel and playable_km is not None:
        return preset, _checked(preset, round(playable_km * 1000), f"`presets` {name} `playable_km` {playable_km:g}")
    # The nearest by proportion: 512 pixels become 505, not 1009.
    nearest = min(preset.sides, key=lambda side: max(side / longer_side, longer_side / side), default=0)
    return preset, nearest


def _checked(preset: Preset, side: int, asked: str) -> int:
    if side in preset.sides:
        return side
    if not preset.sides:
        takes = "the map's own size; leave the number out"
    elif isinstance(preset.sides, range):
        takes = f"sides of {preset.sides[0]} to {preset.sides[-1]} pixels"
    else:
        takes = f"sides of {', '.join(map(str, preset.sides))} pixels"
    raise ParameterError(f"{asked}: {preset.name} takes {takes}")
