import numpy as np
import pytest
import torch

from spade_terrain.networks.build import build_two_step_generator
from spade_terrain.training.step.draws import draw_classes, draw_flips, draw_noise, draw_shifts, draw_window


def test_training_noise_is_distributed_as_generations() -> None:
    from spade_terrain.noise import noise

    inputs = build_two_step_generator((4, 4), 4, 4).generator.noise_inputs
    for drawn, spec in zip(draw_noise(inputs, 4, 256, torch.Generator().manual_seed(0)), inputs, strict=True):
        made = noise(1, spec.stride, spec.channels, 0, 0, 256, 256)
        assert drawn.shape == (4, spec.channels, 256 // spec.stride, 256 // spec.stride)
        assert drawn.std().item() == pytest.approx(made.std(), abs=0.03)
        assert drawn.mean().item() == pytest.approx(made.mean(), abs=0.03)
        assert drawn.abs().max().item() <= 510 * (3 / 65535) ** 0.5 + 1e-6
        assert np.isin(np.round(made[0, :2] * (65535 / 3) ** 0.5 + 510), np.arange(1021)).all()


def test_half_are_flipped_each_way_alike() -> None:
    counts = draw_flips(6000, torch.Generator().manual_seed(0)).bincount() / 6000
    assert counts.tolist() == pytest.approx([1 / 2, 1 / 6, 1 / 6, 1 / 6], abs=0.02)


def test_shifts_go_both_ways_and_no_further_than_their_share() -> None:
    shifts = draw_shifts(500, 16, 0.125, torch.Generator().manual_seed(0))
    assert shifts.shape == (500, 2)
    assert set(shifts.flatten().tolist()) == {-2, -1, 0, 1, 2}
    assert not draw_shifts(9, 16, 0.0, torch.Generator()).any()


def test_each_class_is_real_half_the_time_by_itself() -> None:
    classes = draw_classes(1000, torch.Generator().manual_seed(0))
    assert classes.shape == (1000, 7)
    assert set(classes.flatten().tolist()) == {0, 1}
    assert (torch.corrcoef(classes.T) - torch.eye(7)).abs().max() < 0.15
    assert (classes.mean(0) - 0.5).abs().max() < 0.06


def test_a_window_lies_anywhere_within_the_crop() -> None:
    random = torch.Generator().manual_seed(0)
    windows = [draw_window(4, 3, random) for _ in range(50)]
    assert {(rows.start, columns.start) for rows, columns in windows} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert all(side.stop - side.start == 3 for window in windows for side in window)
