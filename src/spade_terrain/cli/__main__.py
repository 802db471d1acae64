"""What `python -m spade_terrain.cli` runs, as `torchrun -m` needs it."""

import sys

from spade_terrain.cli import main

sys.exit(main())
