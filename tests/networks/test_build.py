from torch import nn

from spade_terrain.networks.build import build_discriminator, build_two_step_generator
from spade_terrain.networks.frozen.efficientnet import CHANNELS


def test_the_generators_take_the_style_that_they_name() -> None:
    generator = build_two_step_generator([8, 4], 4, 4, style=("elevation", "relief"))
    assert generator.style == ("elevation", "relief")
    assert [conv.in_channels for conv in generator.generator.styles] == [2, 2, 2]
    assert len(build_two_step_generator([8, 4], 4, 4).generator.styles) == 0


def test_textures_and_the_guide_change_nothing_but_where_they_come_in_and_go_out() -> None:
    plain, both = (build_two_step_generator([8, 4], 4, 4, textures=n, guided=n > 1).state_dict() for n in (1, 2))
    changed = {name.rsplit(".", 1)[0] for name in plain if plain[name].shape != both[name].shape}
    assert changed == {"generator", "generator.stem", "generator.to_texture", "shadow.conv_1", "shadow.conv_2"}
    assert plain.keys() == both.keys()
    assert both["generator.sea"].shape == (1, 6, 1, 1)
    assert both["generator.stem.weight"].shape[1] == plain["generator.stem.weight"].shape[1] + 2


def _inputs(head: nn.Module) -> int:
    mix = head.mix
    assert isinstance(mix, nn.Conv2d)
    return mix.in_channels


def test_the_discriminator_has_heads_where_there_are_features() -> None:
    assert build_discriminator(4, 2).heads is None
    discriminator = build_discriminator(4, 2, textures=2, projected=True)
    assert len(discriminator.scales) == 2
    assert discriminator.heads is not None
    inputs = [_inputs(head) for head in discriminator.heads.heads]
    assert inputs == [3 * features + 1 + 7 for features in CHANNELS]  # of two textures and the relief
