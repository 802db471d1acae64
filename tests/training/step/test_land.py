from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from spade_terrain.networks.coast import SHORE_DEPTH
from spade_terrain.palette import WATER
from spade_terrain.training.step.land import NARROW, RETREAT, SUNK, land_loss, painted_zones, shore_loss

SIDE = 48


def painted(*land: tuple[slice, slice]) -> Tensor:
    """One-hot labels: rows and columns of land in the sea."""
    labels = torch.zeros(1, 7, SIDE, SIDE)
    labels[:, WATER] = 1
    for rows, columns in land:
        labels[:, WATER, rows, columns], labels[:, 1, rows, columns] = 0, 1
    return labels


def lost_land(elevation: Tensor, labels: Tensor, mean: Callable[[Tensor], Tensor] = lambda mean: mean) -> Tensor:
    return land_loss(elevation, painted_zones(labels), mean)


def high_shores(elevation: Tensor, labels: Tensor) -> Tensor:
    return shore_loss(elevation, painted_zones(labels))


def standing() -> Tensor:
    return torch.full((1, 1, SIDE, SIDE), 2 * SHORE_DEPTH)


ALL, WEST, EAST = slice(None), slice(0, 24), slice(40, None)
MAINLAND = painted((ALL, WEST))


def test_land_that_stands_and_a_coast_that_retreats_a_little_cost_nothing() -> None:
    elevation = standing()
    elevation[..., 24:] = 0  # painted water
    assert lost_land(elevation, MAINLAND) == 0
    elevation[..., 24 - RETREAT :] = 0
    assert lost_land(elevation, MAINLAND) == 0
    elevation[..., 24 - RETREAT - 1 :] = 0
    assert lost_land(elevation, MAINLAND) > 0


@pytest.mark.parametrize(
    ("labels", "rows", "columns"),
    [
        (painted((ALL, WEST), (slice(20, 24), slice(34, 38))), slice(20, 24), slice(34, 38)),  # an islet
        (painted((ALL, WEST), (slice(20, 23), slice(24, 40)), (ALL, EAST)), ALL, slice(30, 33)),  # an isthmus
        (painted((ALL, WEST), (slice(20, 23), slice(24, 40))), ALL, slice(36, 40)),  # the end of a spit
        (MAINLAND, slice(20, 23), slice(8, 11)),  # a hole inland
    ],
    ids=["islet", "isthmus", "spit", "hole"],
)
def test_what_would_be_missed_has_a_price_that_raises_it(labels: Tensor, rows: slice, columns: slice) -> None:
    elevation = standing()
    elevation[..., rows, columns] = SHORE_DEPTH / 2
    elevation.requires_grad_()
    loss = lost_land(elevation, labels)
    loss.backward()  # type: ignore[no-untyped-call]
    assert loss > 0
    assert elevation.grad is not None
    sunk = torch.zeros_like(elevation, dtype=torch.bool)
    sunk[..., rows, columns] = True
    land = labels[:, WATER : WATER + 1] == 0
    assert (elevation.grad[sunk & land] < 0).all()  # descending, it rises
    assert (elevation.grad[~(sunk & land)] == 0).all()
    deeper = elevation.detach() - SHORE_DEPTH / 4 * sunk
    assert lost_land(deeper, labels) > loss


def test_a_map_without_land_costs_nothing() -> None:
    assert lost_land(0 * standing(), painted()) == 0


def test_narrow_land_counts_by_itself() -> None:
    """A sunk islet weighs what it does however large the mainland is."""
    islet = (slice(20, 24), slice(40, 44))
    elevation = standing()
    elevation[..., 40:] = 0
    alone, beside = (lost_land(elevation, labels) for labels in (painted(islet), painted((ALL, WEST), islet)))
    assert alone == beside > 1


def test_processes_share_how_much_counts() -> None:
    labels = torch.cat([MAINLAND, painted((ALL, slice(0, 40)))])
    elevation = standing().repeat(2, 1, 1, 1)
    elevation[0, :, :8] = 0
    counts: list[Tensor] = []

    def noted(count: Tensor) -> Tensor:
        counts.append(count)
        return count

    for i in range(2):
        lost_land(elevation[i : i + 1], labels[i : i + 1], noted)
    mean = torch.stack(counts).mean(0)
    parts = [lost_land(elevation[i : i + 1], labels[i : i + 1], lambda _: mean) for i in range(2)]
    assert torch.stack(parts).mean().item() == pytest.approx(lost_land(elevation, labels).item(), rel=1e-5)


def test_open_coasts_have_a_price_until_a_quarter_of_them_is_sunk() -> None:
    elevation = standing()
    strip = slice(24 - RETREAT, 24)
    elevation[..., 20:24, strip] = 1.5 * SHORE_DEPTH  # lower than the rest, so it is what should sink
    elevation.requires_grad_()
    loss = high_shores(elevation, MAINLAND)
    loss.backward()  # type: ignore[no-untyped-call]
    assert elevation.grad is not None
    pulled = elevation.grad > 0  # descending, it sinks
    assert pulled.sum() == SUNK * SIDE * RETREAT
    assert pulled[..., 20:24, strip].all()
    assert not pulled[..., : 24 - RETREAT].any()  # inland
    sunk = standing()
    sunk[..., : SIDE // 4, strip] = 0
    assert high_shores(sunk, MAINLAND) == 0
    sunk[..., : SIDE // 4 - 1, strip], sunk[..., SIDE // 4 - 1, strip] = 0, 2 * SHORE_DEPTH
    assert high_shores(sunk, MAINLAND) > 0


def test_narrow_land_and_maps_without_a_coast_have_no_price() -> None:
    spit = painted((slice(20, 20 + NARROW - 1), ALL))
    for labels in (spit, painted((ALL, ALL)), painted()):
        assert high_shores(standing(), labels) == 0
