"""The balance of the two networks: when the generator trains."""

from dataclasses import dataclass


@dataclass
class Balance:
    """Switches the generator's training off while the discriminator lags behind it.

    Above `high` the discriminator can't tell real from fake, and its gradients say nothing: it trains alone. Once its
    loss has fallen below `low` the generator joins again. Between the two the switch stays as it is.

    Attributes:
        low: the discriminator's hinge loss that switches the generator on.
        high: the loss that switches it off.
        ratio: if not 0, the loss has no effect: the generator trains in each step whose number this divides.
        generator_trains: the switch.

    """

    low: float
    high: float
    ratio: int = 0
    generator_trains: bool = False

    def is_generators_turn(self, step: int) -> bool:
        """Whether the generator trains in this step; the first is 1."""
        return step % self.ratio == 0 if self.ratio else self.generator_trains

    def update(self, discriminator_loss: float) -> None:
        """Set the switch by the discriminator's last loss."""
        if discriminator_loss > self.high:
            self.generator_trains = False
        elif discriminator_loss < self.low:
            self.generator_trains = True
