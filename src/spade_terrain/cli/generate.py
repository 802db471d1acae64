"""`spade-terrain generate`: a painted map to a terrain's files."""

import argparse
from dataclasses import fields

from spade_terrain.cli.shared import Commands, add_cluster, add_command, human, path
from spade_terrain.console import say
from spade_terrain.storage.files import total_bytes


def add_generate(commands: Commands) -> None:
    """Add `generate`."""
    p = add_command(commands, "generate", _generate, help="a painted map to texture, height map and 3D files")
    p.add_argument(
        "map", type=path, metavar="MAP", help="a picture in the palette's colours, an Azgaar map, or a .spadeproj"
    )
    p.add_argument("--out", type=path, required=True, metavar="DIR", help="the folder to write into; made if missing")
    p.add_argument("--seed", type=int, metavar="N", help="another seed, another terrain (default 0, or a project's)")
    p.add_argument(
        "--style",
        type=_style,
        default={},
        metavar="NAME=X,...",
        help="the look of the whole, X from -3 to 3, such as elevation=1.5,greenness=-1 (default: drawn by the seed)",
    )
    p.add_argument("--texture", metavar="NAME", help="atlas, satellite or both (default: as the model says)")
    _add_guide(p.add_mutually_exclusive_group())
    p.add_argument(
        "--guide-range",
        type=float,
        nargs=2,
        metavar=("LOW", "HIGH"),
        help="metres of a grey guide's black and white (default: from near the sea to usual peaks of what is painted)",
    )
    p.add_argument("--model", type=path, metavar="FILE", help="an exported .onnx model (default: the one shipped)")
    p.add_argument("--device", default="auto", help="cpu, cuda, ... (default: the best there is)")
    p.add_argument("--scale", type=int, default=1, metavar="N", help="enlarge the map N times first (default 1)")
    p.add_argument("--wander", action="store_true", help="let painted borders wander as --scale does, as nature's do")
    p.add_argument("--legend", type=path, metavar="FILE", help="a TOML file of what other colours mean, or azgaar")
    p.add_argument("--size", type=int, metavar="W", help="columns of an Azgaar map (default: one a map unit)")
    p.add_argument("--gsd", type=float, metavar="METRES", help="the ground that a pixel is (default: as the map says)")
    _add_detail(p.add_argument_group("valleys, rivers and lakes"))
    p.add_argument("--resume", action="store_true", help="go on with an interrupted run, if there is one")
    add_cluster(p)
    p.add_argument(
        "--store",
        metavar="URL",
        help="a folder that the workers of --cluster share, and where --format zarr is left, such as s3://BUCKET/DIR "
        "(default: the one of --out)",
    )
    _add_outputs(p.add_argument_group("what is written"))


def _add_detail(p: argparse._ArgumentGroup) -> None:
    p.add_argument("--detail", type=int, metavar="N", help="let water carve the land, 1, 2, 4, 8 or 16 times as fine")
    p.add_argument("--sea-lakes", action="store_true", help="leave water that is painted inside of the land at 0 m")
    p.add_argument("--sea-rivers", action="store_true", help="leave painted rivers at 0 m, or an Azgaar map's alone")
    p.add_argument(
        "--draw-rivers",
        action=argparse.BooleanOptionalAction,
        help="draw rivers into the textures (default: from --detail 2 on)",
    )


def _add_guide(p: argparse._MutuallyExclusiveGroup) -> None:
    p.add_argument(
        "--guide", type=path, metavar="FILE", help="rough heights for the land to follow: a GeoTIFF, or a grey picture"
    )
    p.add_argument("--no-guide", action="store_true", help="leave the heights of an Azgaar map unused")


def _add_outputs(p: argparse._ArgumentGroup) -> None:
    from spade_terrain.export.formats import DEFAULT, FORMATS
    from spade_terrain.export.options import PREVIEWS, ExportOptions
    from spade_terrain.export.presets import PRESETS

    default = ExportOptions()
    p.add_argument(
        "--format",
        type=_names,
        dest="formats",
        metavar="NAME,...",
        help=f"of {', '.join(FORMATS)} (default {','.join(DEFAULT)}, obj up to 512 x 512 pixels; or none with --for)",
    )
    p.add_argument(
        "--for",
        type=_names,
        default=default.presets,
        dest="presets",
        metavar="TOOL[:SIDE],...",
        help=f"files and import settings for {', '.join(tool.name for tool in PRESETS)}, height maps of SIDE pixels",
    )
    p.add_argument(
        "--relief",
        type=float,
        default=default.relief,
        metavar="X",
        help="make all heights X times as high, in every file",
    )
    p.add_argument(
        "--vertical-scale",
        type=float,
        default=default.vertical_scale,
        metavar="X",
        help="show heights X times as high in 3D, without changing the height map (default: by extent, 1 to 20)",
    )
    p.add_argument(
        "--playable-km",
        type=float,
        default=default.playable_km,
        metavar="K",
        help="shrink OBJ, GLB and the numbers of --for in all directions, so that the longer side is K km "
        "(default: the true size, or 8 km where a tool of --for doesn't take it)",
    )
    p.add_argument(
        "--preview",
        type=_names,
        default=default.preview,
        metavar="KIND,...",
        help=f"write the preview as {', '.join(PREVIEWS)}: a picture, or the sun going round (default png)",
    )
    p.add_argument(
        "--triangles",
        type=int,
        default=default.triangles,
        metavar="N",
        help="simplify meshes to N triangles at most",
    )


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


def _style(text: str) -> dict[str, float]:
    try:
        return {name: float(value) for name, _, value in (order.partition("=") for order in text.split(","))}
    except ValueError as e:
        raise argparse.ArgumentTypeError(f"{text!r} is no NAME=X, such as elevation=1.5,greenness=-1") from e


def _generate(args: argparse.Namespace) -> None:
    from spade_terrain.api import generate_to
    from spade_terrain.export import ExportOptions

    paths = generate_to(
        args.map,
        args.out,
        args.formats,
        ExportOptions(**{field.name: getattr(args, field.name) for field in fields(ExportOptions)}),
        seed=args.seed,
        style=args.style,
        texture=args.texture,
        guide=False if args.no_guide else args.guide,
        guide_range=args.guide_range,
        model=args.model,
        device=args.device,
        scale=args.scale,
        wander=args.wander,
        legend=args.legend,
        size=args.size,
        gsd=args.gsd,
        detail=args.detail,
        sea_lakes=args.sea_lakes,
        sea_rivers=args.sea_rivers,
        draw_rivers=args.draw_rivers,
        resume=args.resume,
        cluster=args.cluster,
        store=args.store,
    )
    width = max(len(str(file)) for file in paths)
    for file in paths:
        say(f"{file!s:<{width}}  {human(total_bytes(file)):>8}")
