import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from spade_terrain.networks.build import HEIGHT_CODE
from spade_terrain.palette import WATER
from spade_terrain.training.step.height_guide import (
    draw_guide_numbers,
    draw_height_guides,
    height_guide_loss,
    no_height_guide,
)

STRIDE, CELLS = 4, 8


def ground(count: int) -> tuple[Tensor, Tensor, Tensor]:
    """Heights in metres and in the code `(N, 1, 32, 32)`, and labels with a sea of three columns of cells."""
    random = torch.Generator().manual_seed(0)
    metres = 3000 * torch.rand(count, 1, 32, 32, generator=random)
    labels = torch.zeros(count, 7, 32, 32)
    labels[:, WATER, :, :12] = 1
    labels[:, 3, :, 12:] = 1
    labels[:, :, 0, 14], labels[:, WATER, 0, 14] = 0, 1  # and a pixel of water in a cell of land
    metres = metres * (1 - labels[:, WATER : WATER + 1])
    return metres, 2 * (metres / HEIGHT_CODE.max_m).sqrt() - 1, labels


def numbers(count: int, **per_crop: float) -> Tensor:
    """What is drawn for guides, each crop's own numbers as they are given."""
    drawn = draw_guide_numbers(count, CELLS, torch.Generator().manual_seed(1))
    for name, value in per_crop.items():
        drawn[:, 0, 0, ("given", "whole", "blur", "size").index(name)] = value
    return drawn


def draw(code: Tensor, labels: Tensor, random: Tensor) -> Tensor:
    return draw_height_guides(code, labels, STRIDE, HEIGHT_CODE, random)


def test_a_whole_guide_without_noise_is_the_mean_height_of_each_cells_land() -> None:
    metres, code, labels = ground(3)
    guide = draw(code, labels, numbers(3, given=0.0, whole=0.0, blur=0.0, size=0.0))
    assert guide.shape == (3, 2, CELLS, CELLS)
    land = 1 - labels[:, WATER : WATER + 1]
    means = F.avg_pool2d(metres * land, STRIDE) / F.avg_pool2d(land, STRIDE).clamp_min(1e-3)
    torch.testing.assert_close((guide[:, :1] / 2).square() * HEIGHT_CODE.max_m, means, rtol=1e-4, atol=1e-2)
    assert (guide[:, 1, :, 3:] == 1).all()
    assert (guide[:, :, :, :3] == 0).all()  # cells without land


def test_unknown_cells_are_exactly_0_and_half_of_the_crops_have_none_known() -> None:
    _, code, labels = ground(400)
    guide = draw(code, labels, numbers(400))
    known = guide[:, 1:]
    assert set(known.flatten().tolist()) == {0.0, 1.0}
    assert (guide[:, :1][known == 0] == 0).all()
    share = known[..., 3:].mean((1, 2, 3))  # of the land's cells
    assert (share > 0).float().mean() == pytest.approx(0.5, abs=0.08)
    assert (share == 1).float().mean() == pytest.approx(0.25, abs=0.12)
    pieces = share[(share > 0) & (share < 1)]
    assert len(pieces) > 60
    assert pieces.std() > 0.1
    # Pieces: a known cell's neighbours are known more often than others.
    some = known[(share > 0) & (share < 1)][..., 3:]
    beside = (some[..., 1:] * some[..., :-1]).sum() / some[..., :-1].sum()
    assert beside > some.mean() + 0.1


def test_guides_are_blurred_and_off_by_as_much_as_is_drawn() -> None:
    _, code, labels = ground(1)
    exact = draw(code, labels, numbers(1, given=0.0, whole=0.0, blur=0.0, size=0.0))[:, :1, :, 3:]
    soft = draw(code, labels, numbers(1, given=0.0, whole=0.0, blur=1.0, size=0.0))[:, :1, :, 3:]
    assert soft.std() < 0.6 * exact.std()
    assert soft.mean() == pytest.approx(exact.mean().item(), rel=0.05)
    near, far = (
        (draw(code, labels, numbers(1, given=0.0, whole=0.0, blur=0.0, size=s))[:, :1, :, 3:] - exact) for s in (0.1, 1)
    )
    assert 0 < near.abs().mean() < 0.2 * far.abs().mean()
    assert far.abs().mean() < 0.2


def test_the_same_numbers_make_the_same_guides_for_any_share_of_the_crops() -> None:
    _, code, labels = ground(4)
    drawn = numbers(4)
    assert torch.equal(drawn, numbers(4))
    whole = draw(code, labels, drawn)
    for i in range(4):
        assert torch.equal(draw(code[i : i + 1], labels[i : i + 1], drawn[i : i + 1]), whole[i : i + 1])


def test_few_cells_take_numbers_too() -> None:
    drawn = draw_guide_numbers(2, 1, torch.Generator().manual_seed(0))
    _, code, labels = ground(2)
    guide = draw_height_guides(code, labels, 32, HEIGHT_CODE, drawn)
    assert guide.shape == (2, 2, 1, 1)


def test_without_a_guide_nothing_is_known() -> None:
    _, _, labels = ground(2)
    guide = no_height_guide(labels, STRIDE, guided=True)
    assert guide.shape == (2, 2, CELLS, CELLS)
    assert (guide == 0).all()
    assert no_height_guide(labels, STRIDE, guided=False).shape == (2, 0, CELLS, CELLS)


def test_heights_that_meet_the_guide_cost_nothing_and_others_come_to_meet_it() -> None:
    _, code, labels = ground(2)
    guide = draw(code, labels, numbers(2, given=0.0, whole=0.9, blur=0.0, size=0.0))
    known = guide[:, 1] == 1
    assert known.any()
    assert height_guide_loss(code, labels, guide, HEIGHT_CODE) < 1e-5
    height = torch.full_like(code, -0.7).requires_grad_()
    adam = torch.optim.Adam([height], 0.02)
    before = height_guide_loss(height, labels, guide, HEIGHT_CODE)
    assert before > 0.1
    for rate in (0.02, 0.001):
        adam.param_groups[0]["lr"] = rate
        for _ in range(100):
            adam.zero_grad()
            loss = height_guide_loss(height, labels, guide, HEIGHT_CODE)
            loss.backward()  # type: ignore[no-untyped-call]
            adam.step()
    assert loss < before / 50
    # Only where something is known, and only on painted land.
    moved = height.detach() != torch.tensor(-0.7)
    wanted = known.repeat_interleave(STRIDE, 1).repeat_interleave(STRIDE, 2) & (labels[:, WATER] == 0)
    assert torch.equal(moved[:, 0], wanted)


def test_the_loss_knows_nothing_where_nothing_is_known() -> None:
    _, code, labels = ground(1)
    height = (code + 0.3).requires_grad_()
    loss = height_guide_loss(height, labels, no_height_guide(labels, STRIDE, guided=True), HEIGHT_CODE)
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss == 0
    assert height.grad is not None
    assert (height.grad == 0).all()


def test_processes_share_what_is_known() -> None:
    _, code, labels = ground(2)
    guide = draw(code, labels, numbers(2, given=0.0, whole=0.0, blur=0.0, size=0.0))
    guide[1, :, 2:] = 0  # less is known of the second crop
    made = (code + torch.tensor([0.1, 0.5]).view(2, 1, 1, 1)).clamp_max(1)
    counts: list[Tensor] = []

    def noted(count: Tensor) -> Tensor:
        counts.append(count)
        return count

    parts = [(made[i : i + 1], labels[i : i + 1], guide[i : i + 1], HEIGHT_CODE) for i in range(2)]
    alone = torch.stack([height_guide_loss(*p, noted) for p in parts]).mean()
    mean = torch.stack(counts).mean()
    together = torch.stack([height_guide_loss(*p, lambda _: mean) for p in parts]).mean()
    whole = height_guide_loss(made, labels, guide, HEIGHT_CODE)
    assert together.item() == pytest.approx(whole.item(), rel=1e-5)
    assert alone.item() != pytest.approx(whole.item(), rel=0.01)
