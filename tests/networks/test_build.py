from spade_terrain.networks.build import build_discriminator, build_two_step_generator


def test_the_generators_take_the_style_that_they_name() -> None:
    generator = build_two_step_generator([8, 4], 4, 4, style=("elevation", "relief"))
    assert generator.style == ("elevation", "relief")
    assert [conv.in_channels for conv in generator.generator.styles] == [2, 2, 2]
    assert len(build_two_step_generator([8, 4], 4, 4).generator.styles) == 0


def test_the_discriminator_has_heads_where_there_are_features() -> None:
    assert build_discriminator(4, 2).heads is None
    discriminator = build_discriminator(4, 2, vgg_channels=[64, 128, 256])
    assert len(discriminator.scales) == 2
    assert discriminator.heads is not None
    assert len(discriminator.heads.heads) == 4  # the second and third tap of two views
