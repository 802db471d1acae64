from spade_terrain.training.step.balance import Balance


def test_the_switch_by_hand() -> None:
    balance = Balance(low=1.6, high=1.9)
    seen = []
    for loss in (2.0, 1.7, 1.5, 1.8, 1.95, 1.7, 1.59, 0.1):
        balance.update(loss)
        seen.append(balance.generator_trains)
    assert seen == [False, False, True, True, False, False, True, True]


def test_a_fixed_ratio_heeds_no_loss() -> None:
    balance = Balance(low=1.6, high=1.9, ratio=3)
    turns = []
    for step, loss in enumerate((0.0, 9.0, 0.0, 9.0, 9.0, 9.0, 0.0), 1):
        turns.append(balance.is_generators_turn(step))
        balance.update(loss)
    assert turns == [False, False, True, False, False, True, False]
