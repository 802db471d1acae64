"""Maps drawn freehand: thin ranges and inlets, islets, stripes, a desert, a child's scribble."""

from random import Random

from canvas import SIDE, Canvas, Point

from spade_terrain.palette import Labels


def kingdom() -> Labels:
    """A fantasy kingdom: a thin range winds around a dead land, and inlets as narrow as rivers reach far into it."""
    canvas = Canvas("water", Random(71))
    coast = [(150, -20), (128, 60), (170, 110), (120, 170), (92, 250), (140, 300), (116, 380), (160, 440), (150, 560)]
    canvas.fill("grassland", [*coast, (700, 700), (700, -200)], sea=True)
    canvas.line("water", [(110, 172), (170, 190), (214, 160), (272, 176), (330, 140), (372, 96)], 4, sea=True)
    canvas.line("water", [(214, 160), (236, 110), (290, 84)], 3, sea=True)
    canvas.line("water", [(120, 300), (176, 290), (230, 318), (262, 296)], 5, sea=True)
    canvas.line("water", [(140, 430), (210, 420), (270, 450), (340, 436), (400, 470), (470, 462)], 4, sea=True)
    canvas.clumps("grassland", [(60, 120), (40, 210), (66, 330), (84, 450)], 11, sea=True)
    canvas.fill("tundra", [(150, -20), (146, 40), (230, 34), (330, 56), (430, 30), (540, 60), (540, -20)])
    canvas.fill("forest", [(180, 210), (250, 200), (270, 250), (226, 284), (176, 262)])
    canvas.belt("forest", [(180, 350), (230, 380), (290, 390)], 17)
    canvas.belt("forest", [(400, 60), (440, 100), (500, 110)], 14)
    canvas.clumps("forest", [(210, 470), (420, 500), (190, 80)], 12)
    dead = [(344, 250), (400, 214), (470, 222), (600, 210), (600, 400), (450, 406), (370, 384), (326, 330)]
    canvas.fill("desert", dead)
    around = [
        (540, 206),
        (476, 216),
        (406, 204),
        (346, 238),
        (318, 296),
        (330, 350),
        (370, 392),
        (450, 408),
        (540, 396),
    ]
    north = [(210, 56), (268, 46), (320, 74), (352, 60), (404, 40)]
    for line in (around, north):
        canvas.line("hills", line, 11)
        canvas.line("mountains", line, 5)
    canvas.line("mountains", [(340, 240), (312, 206), (322, 172)], 4)
    canvas.clumps("mountains", [(440, 300)], 9)
    return canvas.labels


def skerries() -> Labels:
    """A northern coast of fjords: hundreds of islets before it, hundreds of lakes behind."""
    hand = Random(83)
    canvas = Canvas("water", hand)
    shore = [(180, -40), (200, 60), (160, 130), (212, 200), (190, 270), (236, 340), (220, 420), (280, 560)]
    canvas.fill("forest", [*shore, (700, 700), (700, -200)], sea=True)
    for mouth, reach in ((40, 120), (104, 190), (168, 110), (236, 210), (300, 130), (372, 180), (446, 100)):
        canvas.line("water", [(150, mouth), (230, mouth - 14), (200 + reach, mouth + 10 + reach / 8)], 6, sea=True)
    for _ in range(170):
        x, y = hand.triangular(20, 250, 190), hand.uniform(0, SIDE)
        canvas.disc(hand.choice(("forest", "grassland", "tundra")), x, y, hand.uniform(1.5, 7), sea=True)
    canvas.clumps("grassland", [(100, 90), (70, 260), (120, 420), (60, 460)], 12, sea=True)
    canvas.fill("tundra", [(300, -30), (330, 80), (400, 120), (430, 240), (600, 260), (600, -30)])
    canvas.fill("grassland", [(300, 420), (400, 390), (600, 410), (600, 600), (310, 560)])
    canvas.belt("hills", [(350, 40), (360, 140), (340, 250), (360, 340)], 24)
    canvas.belt("mountains", [(356, 60), (362, 150), (346, 230)], 11)
    for _ in range(150):
        x, y = hand.triangular(230, SIDE, 440), hand.uniform(0, SIDE)
        canvas.disc("water", x, y, hand.uniform(1.5, 6), sea=True)
    return canvas.labels


def zones() -> Labels:
    """Stripes of climate from the cold north to the wet south, drawn along a ruler, and one range across them all."""
    canvas = Canvas("water", Random(97))
    coast = [(96, 40), (170, 22), (300, 36), (420, 24), (436, 130), (412, 250), (444, 370), (426, 480), (300, 490)]
    coast += [(190, 476), (84, 492), (70, 390), (104, 270), (72, 150)]
    canvas.fill("grassland", coast, sea=True)
    for name, top, bottom in (
        ("tundra", 0, 96),
        ("forest", 96, 178),
        ("grassland", 178, 246),
        ("desert", 246, 338),
        ("grassland", 338, 400),
        ("forest", 400, SIDE),
    ):
        canvas.square(name, [(0, (top + bottom) / 2), (SIDE, (top + bottom) / 2)], bottom - top)
    canvas.line("hills", [(300, 36), (316, 160), (296, 300), (312, 420), (304, 480)], 26)
    canvas.line("mountains", [(302, 60), (314, 160), (298, 300), (310, 440)], 12)
    canvas.clumps("hills", [(150, 140), (180, 300), (140, 430)], 18)
    return canvas.labels


def oases() -> Labels:
    """A desert without any sea: mesas, oases, dry valleys, and a range along one side."""
    hand = Random(101)
    canvas = Canvas("desert", hand)
    canvas.fill(
        "grassland", [(-20, 450), (90, 436), (210, 462), (330, 440), (430, 470), (540, 456), (540, 540), (-20, 540)]
    )
    canvas.belt("forest", [(-10, 500), (120, 492), (220, 506)], 14)
    canvas.fill("tundra", [(300, 230), (350, 214), (410, 236), (404, 270), (340, 280)])
    side = [(-10, 190), (70, 150), (130, 90), (220, 60), (330, 70), (420, 30), (530, 40)]
    canvas.belt("hills", side, 34)
    canvas.belt("mountains", side, 17)
    for valley in ([(150, 100), (176, 170), (160, 250), (200, 330), (190, 450)], [(360, 76), (440, 150), (450, 250)]):
        canvas.line("grassland", valley, 4)
        canvas.clumps("forest", valley[1:-1], 9)
    for _ in range(9):
        place = (hand.uniform(20, 490), hand.uniform(200, 430))
        canvas.clumps("grassland", [place], hand.uniform(9, 15))
        canvas.clumps("forest", [place], 6)
    for _ in range(34):
        x, y = hand.uniform(10, 500), hand.uniform(150, 430)
        width, depth = (hand.triangular(5, 28, 8) for _ in "xy")
        canvas.polygon(
            "hills", [(x - width, y), (x - width / 3, y - depth), (x + width, y - depth / 2), (x + 5, y + depth)]
        )
    return canvas.labels


def scribble() -> Labels:
    """A child's island: scribbled to and fro in a minute, over the lines and with the sea showing through."""
    canvas = Canvas("water", Random(113))
    for name, pen, line in (
        ("grassland", 10, _to_and_fro((90, 140), (430, 180), (110, 400), 13)),
        ("grassland", 9, _to_and_fro((400, 60), (470, 70), (410, 120), 4)),
        ("desert", 8, _to_and_fro((250, 330), (400, 300), (270, 400), 6)),
        ("forest", 8, _to_and_fro((110, 200), (210, 180), (90, 330), 8)),
        ("tundra", 9, _to_and_fro((150, 120), (390, 130), (160, 160), 3)),
        ("hills", 9, [(230, 290), (260, 220), (290, 290), (320, 220), (350, 290), (380, 220), (410, 290)]),
        ("mountains", 7, [(230, 280), (260, 205), (290, 280), (320, 205), (350, 280), (380, 205), (410, 280)]),
        ("water", 6, _to_and_fro((200, 340), (240, 330), (205, 370), 4)),
        ("forest", 6, [(430, 90), (445, 75), (450, 95), (435, 100)]),
        ("grassland", 8, [(60, 440), (90, 450), (70, 465)]),
    ):
        canvas.line(name, line, pen, sea=True)
    return canvas.labels


def _to_and_fro(left: Point, right: Point, last: Point, rows: int) -> list[Point]:
    """A zigzag between a left side, from `left` to `last`, and a right one beside it, in so many rows."""
    points: list[Point] = []
    for row in range(rows):
        down_x, down_y = ((b - a) * row / (rows - 1) for a, b in zip(left, last, strict=True))
        points += [(left[0] + down_x, left[1] + down_y), (right[0] + down_x, right[1] + down_y)]
    return points
