import numpy as np
import pytest

from spade_terrain.evaluation.measures.spectra import (
    log_spectrum,
    octave_levels,
    octave_names,
    spectrum_distance,
    wavelengths_km,
)
from tests.evaluation.patches import fractal


def test_a_wave_is_a_peak_at_its_number() -> None:
    x = np.arange(128)
    wave = np.sin(2 * np.pi * 8 * x / 128).astype(np.float32)
    assert log_spectrum(np.tile(wave, (128, 1))).argmax() == 8 - 1
    assert log_spectrum(np.tile(wave, (128, 1)).T).argmax() == 8 - 1


def test_white_noise_has_its_variance_everywhere() -> None:
    rng = np.random.default_rng(0)
    spectra = [log_spectrum(rng.normal(100, 5, (64, 64)).astype(np.float32)) for _ in range(50)]
    levels = (10 ** np.stack(spectra)).mean(0)
    np.testing.assert_allclose(levels[3:], 25, rtol=0.15)  # the largest wavelengths share the window's own width
    assert levels[3:].mean() == pytest.approx(25, rel=0.03)


@pytest.mark.parametrize("size", [64, 65])
def test_ten_times_the_height_is_two_more(size: int) -> None:
    field = 50 * fractal(size, 0)
    spectrum = log_spectrum(field)
    assert spectrum.shape == (32,)
    np.testing.assert_allclose(log_spectrum(10 * field), spectrum + 2, atol=1e-3)
    wavelengths = wavelengths_km(size, 2000)
    a, b = (octave_levels(log_spectrum(f)[None], wavelengths) for f in (field, 10 * field))
    assert spectrum_distance(a, b) == pytest.approx(2, abs=1e-3)
    assert spectrum_distance(a, a) == 0


def test_flat_land_has_no_spectrum_but_a_number() -> None:
    assert np.isfinite(log_spectrum(np.full((64, 64), 7, np.float32))).all()


def test_octaves_go_from_8_to_256_km() -> None:
    wavelengths = wavelengths_km(256, 2000)
    assert (wavelengths[0], wavelengths[-1]) == (512, 4)
    spectra = np.zeros((1, 128))
    assert octave_levels(spectra, wavelengths).shape == (1, 5)
    names = ["8_to_16_km", "16_to_32_km", "32_to_64_km", "64_to_128_km", "128_to_256_km"]
    assert octave_names(wavelengths) == names
    assert octave_names(wavelengths_km(64, 2000)) == names[:4]
    assert octave_levels(spectra[:, :32], wavelengths_km(64, 2000)).shape == (1, 4)
    spectra[:, (wavelengths > 16) & (wavelengths <= 32)] = 3
    np.testing.assert_allclose(octave_levels(spectra, wavelengths), [[0, 3, 0, 0, 0]])
    outside = np.where((wavelengths > 256) | (wavelengths <= 8), 3.0, 0)[None]
    assert not octave_levels(outside, wavelengths).any()
