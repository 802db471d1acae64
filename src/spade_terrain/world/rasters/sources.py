"""Rasters of the real world, downloaded and checked. What they are is in docs/sources.md."""

import sys
import tempfile
import warnings
import zipfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from spade_terrain.console import say
from spade_terrain.errors import DataError, MissingLibraryError, ParameterError, StorageError, TerrainError
from spade_terrain.progress import Progress, progress
from spade_terrain.runtime.libraries import require
from spade_terrain.storage.files import sole_run


@dataclass(frozen=True)
class Source:
    """A raster on the web.

    Attributes:
        url: its file, or a zip archive that holds it.
        sha256: of what the URL gives; None if that is not known, and then the first download decides.
        raster: of a zip archive, the name of the file to open, wherever in the archive it is.
        picture: whether it is a plain picture of the whole world, in degrees, that does not say so itself: then a file
            beside it does, for GDAL.

    """

    url: str
    sha256: str | None
    raster: str | None = None
    picture: bool = False


SOURCES = {
    "natural-earth": Source(
        "https://naciscdn.org/naturalearth/10m/raster/NE1_HR_LC_SR_W_DR.zip", None, "NE1_HR_LC_SR_W_DR.tif"
    ),
    "gmted2010": Source(
        "https://edcintl.cr.usgs.gov/downloads/sciweb1/shared/topo/downloads/GMTED/Grid_ZipFiles/mn30_grd.zip",
        "dfd0d6c6486f4da22109be6107c93a70ef9917a5b6f954cd82d87cf8b920149d",
        "mn30_grd/hdr.adf",
    ),
    "etopo2022": Source(
        "https://www.ngdc.noaa.gov/mgg/global/relief/ETOPO2022/data/60s/60s_surface_elev_gtif/"
        "ETOPO_2022_v1_60s_N90W180_surface.tif",
        "9d27d4b8ea8e76977e2988bca667d7c8fa68b927355feffcddd6b4875a7fd08e",
    ),
    "blue-marble": Source(
        "https://eoimages.gsfc.nasa.gov/images/imagerecords/74000/74117/world.200408.3x21600x10800.png",
        None,
        picture=True,
    ),
}

_TIMEOUT_S = 60


def fetch(name: str, out: Path, sources: Mapping[str, Source] = SOURCES) -> Path:
    """Download a source into the folder `out`, check it, unpack it, and return the raster to open.

    A file that is there already is checked and not downloaded again. Where the checksum isn't known beforehand, it is
    written beside the first download as `FILE.sha256`, and every later one must match it. Files appear only when they
    are whole.

    Raises `ParameterError` if there is no such source, `StorageError` if the download fails or breaks off, or `out`
    can't be written to, `FileInTheWayError` if another run downloads to it, `DataError` if what was downloaded has
    another checksum or is damaged.
    """
    source = sources.get(name)
    if source is None:
        raise ParameterError(f"there is no source {name!r}; there are {', '.join(sources)}")
    file = out / source.url.rpartition("/")[2]
    note = file.with_name(file.name + ".sha256")
    try:
        with sole_run(out):
            known = source.sha256 or (note.read_text().split()[0] if note.exists() else None)
            _download(source, file, known, note)
            raster = _unpack(file, out / name, source.raster) if source.raster else file
            if source.picture:
                _georeference(file)
            if known is None:
                digest = _sha256(file)
                note.write_text(f"{digest}  {file.name}\n")
                say(f"{file.name} has SHA-256 {digest}, noted in {note}", sys.stderr)
    except TerrainError:
        raise
    except (OSError, IndexError) as e:
        raise StorageError(f"can't read or write in {out}: {e}; give another `out`") from e
    return raster


def _download(source: Source, file: Path, known: str | None, note: Path) -> None:
    """Download to `file` unless it is there with the `known` checksum."""
    try:
        import pooch
        from requests import RequestException
    except ImportError as e:
        raise MissingLibraryError("downloading takes pooch: pip install 'spade-terrain[world]'") from e
    pooch.get_logger().setLevel("WARNING")
    with ExitStack() as stack:
        bar = _PoochBar(file.name, stack)
        # Pooch downloads to a temporary file and renames it when its checksum is right.
        get = pooch.HTTPDownloader(progressbar=bar, chunk_size=2**18, timeout=_TIMEOUT_S)
        try:
            pooch.retrieve(source.url, known, file.name, file.parent, downloader=get)
        except RequestException as e:
            _explain(e, source.url, file)
        except ValueError as e:
            again = "try again" if source.sha256 else f"try again, or delete {note} if there is a new version"
            raise DataError(
                f"{source.url} has another checksum than expected, {known}: it was not kept; {again}"
            ) from e
    if bar.complete:
        file.chmod(0o644)  # temporary files are for their owner only


def _explain(error: Exception, url: str, file: Path) -> NoReturn:
    """Raise the `StorageError` for what went wrong with a download."""
    from requests import HTTPError
    from requests.exceptions import ChunkedEncodingError

    by_hand = f"see docs/sources.md, or put the file at {file} by hand"
    if isinstance(error, HTTPError) and error.response is not None:
        answer = f"{error.response.status_code} {error.response.reason}"
        raise StorageError(f"{url} answers {answer}; the source may have moved: {by_hand}") from error
    if isinstance(error, ChunkedEncodingError):
        raise StorageError(f"the download of {url} broke off, and nothing was kept; try again") from error
    raise StorageError(f"can't reach {url}: {type(error).__name__}; check the connection, {by_hand}") from error


def _unpack(archive: Path, folder: Path, raster: str) -> Path:
    """Unpack `archive` to `folder` unless that was done before; returns the path of `raster` in it."""
    if not folder.exists():
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=folder.parent) as unfinished:
            content = Path(unfinished) / "content"
            try:
                with zipfile.ZipFile(archive) as z:
                    z.extractall(content)
            except zipfile.BadZipFile as e:
                archive.unlink()
                raise DataError(f"{archive} was damaged and is deleted; try again") from e
            content.replace(folder)
    found = next(folder.rglob(raster), None)
    if found is None:
        raise DataError(f"{folder} holds no {raster}; delete it to have {archive.name} unpacked again")
    return found


def _georeference(picture: Path) -> None:
    """Say beside a picture that it is the whole world in degrees, in the file that GDAL keeps such things in."""
    require("rasterio", "reading rasters", "world")
    import rasterio
    from rasterio.errors import NotGeoreferencedWarning, RasterioIOError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)  # so it is, until the file is there
            with rasterio.open(picture) as opened:
                width, height = opened.width, opened.height
    except RasterioIOError as e:
        raise DataError(f"{picture} is no picture; delete it and try again") from e
    picture.with_name(picture.name + ".aux.xml").write_text(
        "<PAMDataset><SRS>EPSG:4326</SRS>"
        f"<GeoTransform>-180, {360 / width!r}, 0, 90, 0, {-180 / height!r}</GeoTransform></PAMDataset>\n"
    )


def _sha256(file: Path) -> str:
    import pooch

    digest: str = pooch.file_hash(str(file))
    return digest


class _PoochBar:
    """What pooch tells of a download, shown as progress in megabytes once there is one; `stack` ends it.

    Attributes:
        total: bytes of the whole file, which pooch sets.
        complete: whether the download came to its end.

    """

    def __init__(self, name: str, stack: ExitStack) -> None:
        self.total = 0
        self.complete = False
        self._name, self._stack = name, stack
        self._shown: Progress | None = None

    def update(self, size: int) -> None:
        """`size` more bytes are here."""
        if self._shown is None:
            self._shown = self._stack.enter_context(progress("MB", self.total / 1e6 or None))
            self._shown.describe(self._name)
        self._shown.advance(size / 1e6)

    def reset(self) -> None:
        """The download begins to be counted anew."""
        if self._shown:
            self._shown.reach(0)

    def close(self) -> None:
        """The download is complete."""
        self.complete = True
