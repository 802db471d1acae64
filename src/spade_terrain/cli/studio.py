"""`spade-terrain studio`: paint a map in the browser, and see its terrain."""

import argparse

from spade_terrain.cli.shared import Commands, add_command, path
from spade_terrain.console import say
from spade_terrain.studio import LOOPBACK, PORT


def add_studio(commands: Commands) -> None:
    """Add `studio`."""
    p = add_command(commands, "studio", _studio, help="paint a map in the browser, and see its terrain")
    p.add_argument("--port", type=int, default=PORT, metavar="N", help="or the next free one (default %(default)s)")
    p.add_argument("--no-browser", action="store_true", help="only serve; the address is printed")
    p.add_argument("--host", default=LOOPBACK, help="another address of this machine, to let others in who know")
    p.add_argument("--model", type=path, metavar="FILE", help="an exported .onnx model (default: the one shipped)")
    p.add_argument("--device", default="auto", help="cpu, cuda, ... (default: the best there is)")


def _studio(args: argparse.Namespace) -> None:
    from spade_terrain.generation.model import load_model
    from spade_terrain.generation.stages import try_stages
    from spade_terrain.runtime.libraries import require

    for library in ("fastapi", "uvicorn"):
        require(library, "the studio", "studio")
    from spade_terrain.studio.serve import serve

    model = load_model(args.model, args.device)
    try_stages(model)  # windows take them: better told now than at the first stroke
    serve(model, host=args.host, port=args.port, browser=not args.no_browser, say=say)
