from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from spade_terrain.errors import TerrainError
from spade_terrain.networks.frozen import perceptual
from spade_terrain.networks.frozen.perceptual import Vgg, load_vgg, perceptual_loss

WEIGHTS = Path(__file__).parents[4] / "shared" / "weights" / "vgg19_relu3_4.safetensors"


def weights(*convolutions: tuple[int, int, int]) -> dict[str, Tensor]:
    """Random weights for `(place, in, out)` each, by torchvision's names."""
    torch.manual_seed(0)
    tensors = {}
    for place, channels_in, channels_out in convolutions:
        tensors[f"features.{place}.weight"] = 0.1 * torch.randn(channels_out, channels_in, 3, 3)
        tensors[f"features.{place}.bias"] = torch.zeros(channels_out)
    return tensors


ONE_BLOCK = ((0, 3, 64), (2, 64, 64))
TWO_BLOCKS = (*ONE_BLOCK, (5, 64, 128))


def test_it_uses_the_layers_that_the_file_holds() -> None:
    pictures = torch.rand(1, 3, 32, 32)
    assert [f.shape[1] for f in Vgg(weights(*ONE_BLOCK))(pictures)] == [64]
    assert Vgg(weights(*TWO_BLOCKS)).channels == [64, 128]
    assert [tuple(f.shape[1:]) for f in Vgg(weights(*TWO_BLOCKS))(pictures)] == [(64, 32, 32), (128, 16, 16)]


def test_distance_is_zero_for_equal_pictures_and_grows() -> None:
    vgg = Vgg(weights(*TWO_BLOCKS))
    real = torch.rand(2, 3, 32, 32)
    near, far = real + 0.01 * torch.randn_like(real), torch.rand(2, 3, 32, 32)
    target = vgg(real)
    assert perceptual_loss(target, target) == 0
    assert 0 < perceptual_loss(vgg(near), target) < perceptual_loss(vgg(far), target)


def test_only_the_fake_picture_gets_a_gradient() -> None:
    vgg = Vgg(weights(*ONE_BLOCK))
    fake = torch.rand(1, 3, 16, 16, requires_grad=True)
    perceptual_loss(vgg(fake), vgg(torch.rand(1, 3, 16, 16))).backward()  # type: ignore[no-untyped-call]
    assert fake.grad is not None
    assert fake.grad.abs().sum() > 0
    assert all(p.grad is None for p in vgg.parameters())


def test_bad_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(TerrainError, match="no VGG-19 weights at"):
        load_vgg(tmp_path / "none.safetensors")
    (tmp_path / "text.safetensors").write_text("not weights")
    with pytest.raises(TerrainError, match=r"text\.safetensors does not hold VGG-19"):
        load_vgg(tmp_path / "text.safetensors")
    save_file({"other": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(TerrainError, match="does not hold VGG-19"):
        load_vgg(tmp_path / "other.safetensors")


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, list[str]]]:
    """A folder served in place of torchvision's host, the file in it, and what was asked for."""
    served, asked = tmp_path / "served", list[str]()
    served.mkdir()
    torch.save(weights(*TWO_BLOCKS), served / "new.pth")
    digest = sha256((served / "new.pth").read_bytes()).hexdigest()
    file = (served / "new.pth").rename(served / f"vgg19-{digest[:8]}.pth")

    class Handler(SimpleHTTPRequestHandler):
        def log_request(self, *_: object) -> None:
            asked.append(self.path)

        def log_error(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(served))) as host:
        Thread(target=host.serve_forever, daemon=True).start()
        monkeypatch.setattr(perceptual, "URL", f"http://127.0.0.1:{host.server_port}/{file.name}")
        monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
        yield file, asked
        host.shutdown()


def test_torchvisions_weights_are_downloaded_once(server: tuple[Path, list[str]]) -> None:
    file, asked = server
    for _ in range(2):
        assert load_vgg(Path("torchvision")).channels == [64, 128]
    assert asked == [f"/{file.name}"]
    assert load_vgg(file).channels == [64, 128]  # the file itself will do


def test_a_damaged_download_is_refused_and_not_kept(server: tuple[Path, list[str]], tmp_path: Path) -> None:
    file, _ = server
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + b"?")
    with pytest.raises(TerrainError, match="came damaged: try again"):
        load_vgg(Path("torchvision"))
    assert not [p for p in (tmp_path / "hub").rglob("*") if p.is_file()]
    file.write_bytes(whole)
    load_vgg(Path("torchvision"))


def test_a_missing_download_is_told(server: tuple[Path, list[str]]) -> None:
    server[0].unlink()
    with pytest.raises(
        TerrainError, match=r"can't be downloaded \(HTTP Error 404.*\): try again, or give `vgg` a file"
    ):
        load_vgg(Path("torchvision"))


def test_a_pickle_of_anything_else_is_not_opened(tmp_path: Path) -> None:
    torch.save({"features.0.weight": Path("harmless")}, tmp_path / "odd.pth")
    with pytest.raises(TerrainError, match=r"odd\.pth does not hold VGG-19 weights"):
        load_vgg(tmp_path / "odd.pth")


@pytest.mark.skipif(not WEIGHTS.exists(), reason=f"no real VGG-19 weights at {WEIGHTS}")
def test_the_real_weights_reach_relu3_1() -> None:
    features = load_vgg(WEIGHTS)(torch.rand(1, 3, 64, 64))
    assert [tuple(f.shape[1:]) for f in features] == [(64, 64, 64), (128, 32, 32), (256, 16, 16)]


def test_pictures_count_as_often_as_they_are_said_to() -> None:
    real = [torch.tensor([2.0, 4.0]).view(2, 1, 1, 1)]  # of mean size 3
    fake = [torch.tensor([3.0, 1.0]).view(2, 1, 1, 1)]  # 1 and 3 away
    assert perceptual_loss(fake, real).item() == pytest.approx((1 + 3) / 2 / 3)
    assert perceptual_loss(fake, real, torch.tensor([2.0, 0.0])).item() == pytest.approx(1 / 3)
