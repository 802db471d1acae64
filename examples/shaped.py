"""Maps of hard shapes: the square brush, the polygon, the circle and the paint bucket."""

from random import Random

import numpy as np
from canvas import SIDE, Canvas

from spade_terrain.palette import NAMES, Labels


def strokes() -> Labels:
    """An island of straight strokes with a hard square brush, along the axes and the diagonals."""
    canvas = Canvas("water", Random(0))
    for line, size in (
        ([(120, 150), (380, 150)], 60),
        ([(100, 205), (420, 205)], 60),
        ([(140, 260), (430, 260)], 60),
        ([(90, 315), (330, 315)], 60),
        ([(130, 365), (300, 365)], 50),
        ([(330, 330), (410, 410)], 44),
        ([(180, 110), (300, 110)], 30),
        ([(80, 120), (120, 160)], 30),
        ([(240, 390), (240, 450)], 40),
        ([(440, 90), (480, 90)], 26),
        ([(50, 400), (90, 440)], 26),
        ([(456, 320), (456, 350)], 26),
    ):
        canvas.square("grassland", line, size, sea=True)
    canvas.square("water", [(330, 205), (330, 235)], 24, sea=True)
    canvas.square("water", [(90, 262), (170, 262)], 14, sea=True)
    canvas.square("tundra", [(60, 105), (400, 105)], 40)
    canvas.square("desert", [(100, 370), (280, 370)], 40)
    canvas.square("desert", [(240, 390), (240, 450)], 26)
    canvas.square("forest", [(100, 170), (180, 250), (180, 310)], 40)
    canvas.square("forest", [(370, 260), (440, 260)], 50)
    canvas.square("forest", [(340, 330), (400, 390)], 26)
    canvas.square("hills", [(230, 140), (230, 250), (330, 350)], 56)
    canvas.square("hills", [(130, 310), (230, 310)], 20)
    canvas.square("hills", [(400, 180), (400, 220)], 26)
    canvas.square("mountains", [(230, 130), (230, 250), (310, 330)], 26)
    canvas.square("mountains", [(230, 180), (290, 180)], 14)
    canvas.square("mountains", [(70, 420), (78, 428)], 12)
    return canvas.labels


def provinces() -> Labels:
    """A continent of straight-edged provinces, each of one class: the cells around scattered capitals (Voronoi)."""
    hand = Random(5)
    step = 40
    capitals = [
        (x + hand.uniform(-0.45, 0.45) * step, y + hand.uniform(-0.45, 0.45) * step)
        for y in range(step // 2, SIDE, step)
        for x in range(step // 2, SIDE, step)
    ]
    columns = np.arange(SIDE)
    cx, cy = np.array(capitals).T[..., None]
    nearest = np.array([np.argmin((columns - cx) ** 2 + (y - cy) ** 2, axis=0) for y in range(SIDE)])
    classes = [NAMES.index(_province(*capital, hand)) for capital in capitals]
    labels: Labels = np.array(classes, np.uint8)[nearest]
    return labels


def _province(x: float, y: float, hand: Random) -> str:
    """The class of a capital's province: sea outside a rough ellipse, a range from north to south, zones of climate."""
    off_coast = ((x - 262) / 222) ** 2 + ((y - 250) / 204) ** 2 + hand.uniform(-0.22, 0.22)
    from_range = abs(x - 190 - 0.35 * (y - 250))
    if off_coast > 1 or (x - 340) ** 2 + (y - 300) ** 2 < 34**2:
        return "water"
    if from_range < 24:
        return "mountains"
    if from_range < 62 and hand.random() < 0.7:
        return "hills"
    if y < 140:
        return "tundra" if hand.random() < 0.8 else "forest"
    if y > 340 and x > 240:
        return "desert"
    return hand.choice(("grassland", "grassland", "forest"))


def bubbles() -> Labels:
    """Islands of circles: clusters of bubbles, an atoll with its lagoon, and a crater with a lake in it."""
    canvas = Canvas("water", Random(0))
    for x, y, radius in (
        (150, 150, 74), (222, 108, 46), (84, 204, 40), (214, 196, 50), (270, 150, 26), (110, 84, 30),
        (370, 350, 86), (292, 398, 44), (446, 290, 40), (428, 420, 38), (330, 270, 34),
        (110, 384, 62), (396, 128, 66), (300, 30, 16), (470, 40, 20), (226, 292, 18), (30, 300, 22),
        (206, 462, 24), (250, 478, 14), (480, 196, 14), (36, 40, 12), (490, 470, 20), (196, 340, 10), (318, 206, 8),
    ):  # fmt: skip
        canvas.disc("grassland", x, y, radius, sea=True)
    canvas.disc("water", 118, 376, 42, sea=True)  # the lagoon, and a channel into it
    canvas.disc("water", 158, 406, 16, sea=True)
    canvas.disc("desert", 66, 384, 12)
    canvas.disc("desert", 104, 436, 10)
    for name, radius in (("forest", 58), ("hills", 48), ("mountains", 38), ("hills", 24)):
        canvas.disc(name, 396, 128, radius)
    canvas.disc("water", 398, 130, 17, sea=True)
    for name, x, y, radius in (
        ("forest", 138, 170, 42), ("forest", 84, 204, 28), ("hills", 190, 136, 44), ("mountains", 196, 132, 26),
        ("mountains", 222, 104, 20), ("desert", 222, 212, 26), ("tundra", 110, 80, 24), ("tundra", 300, 30, 10),
        ("desert", 392, 384, 50), ("hills", 344, 330, 50), ("mountains", 338, 322, 26), ("mountains", 366, 352, 16),
        ("forest", 442, 296, 28), ("forest", 286, 402, 30), ("forest", 330, 262, 20), ("hills", 430, 424, 20),
        ("tundra", 470, 40, 20), ("forest", 206, 462, 16), ("mountains", 30, 300, 9),
    ):  # fmt: skip
        canvas.disc(name, x, y, radius)
    return canvas.labels


def empire() -> Labels:
    """One large land: its coast and borders drawn with a pencil, each area poured full of one class."""
    canvas = Canvas("water", Random(61))
    coast = [(70, 84), (160, 44), (262, 60), (352, 36), (448, 78), (484, 176), (452, 262), (474, 356), (402, 450)]
    coast += [(300, 438), (224, 478), (128, 446), (96, 366), (36, 296), (52, 190), (70, 84)]
    canvas.line("grassland", coast, 3, sea=True)
    canvas.bucket("grassland", 256, 256)
    for name, border, inside in (
        ("tundra", [(40, 150), (150, 140), (270, 168), (380, 130), (500, 150)], (260, 100)),
        ("desert", [(290, 460), (278, 380), (330, 310), (410, 300), (490, 262)], (400, 380)),
        ("forest", [(0, 310), (120, 270), (190, 310), (200, 400), (180, 500)], (120, 360)),
    ):
        canvas.line(name, border, 3)
        canvas.bucket(name, *inside)
    for name, rim, inside in (
        (
            "hills",
            [(104, 220), (170, 160), (262, 190), (350, 176), (430, 160), (440, 220), (340, 290), (210, 290)],
            (250, 240),
        ),
        ("mountains", [(150, 220), (200, 196), (270, 222), (360, 206), (400, 200), (330, 260), (220, 262)], (240, 244)),
    ):
        canvas.line(name, [*rim, rim[0]], 3)
        canvas.bucket(name, *inside)
    return canvas.labels
