"""The network of streams: which pixels are channels, their orders and lengths."""

import numpy as np
from numpy.typing import NDArray

from spade_terrain.drainage.fields.kernels import kernel
from spade_terrain.drainage.flow.routing import Indices


@kernel
def strahler_orders(order: Indices, receivers: Indices, channels: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Number streams from their sources down: uint8 `(H W)`, 1 at sources, 0 off the channels.

    Where two streams of one order meet, one of the next begins (Strahler, "Quantitative analysis of watershed
    geomorphology", Eos 38(6), 1957).

    Args:
        order: as `upward_order` gives it.
        receivers: int32 `(H W)`.
        channels: bool `(H W)`; what flows from a channel is in a channel, or leaves the land.

    """
    highest = np.zeros(len(receivers), np.uint8)  # of the streams that flow in
    twice = np.zeros(len(receivers), np.bool_)
    for k in range(len(order) - 1, -1, -1):
        i = order[k]
        if not channels[i]:
            continue
        highest[i] = max(1, highest[i] + 1 if twice[i] else highest[i])
        receiver = receivers[i]
        if receiver == i or not channels[receiver]:
            continue
        if highest[i] > highest[receiver]:
            highest[receiver] = highest[i]
            twice[receiver] = False
        elif highest[i] == highest[receiver]:
            twice[receiver] = True
    for i in range(len(receivers)):
        if not channels[i]:
            highest[i] = 0
    return highest


@kernel
def longest_upstream(order: Indices, receivers: Indices, width: int) -> NDArray[np.float32]:
    """Length of the longest way that water takes to each pixel, in pixels: float32 `(H W)`, 0 on divides."""
    longest = np.zeros(len(receivers), np.float32)
    for k in range(len(order) - 1, -1, -1):
        i = order[k]
        receiver = receivers[i]
        if receiver != i:
            longest[receiver] = max(longest[receiver], longest[i] + step_length(i, receiver, width))
    return longest


@kernel
def step_length(i: int, j: int, width: int) -> float:
    """Distance of two neighbouring pixels' middles, in pixels, on a grid of `width` pixels."""
    step = abs(i - j)
    return 1.0 if step == 1 or step == width else np.sqrt(2.0)
