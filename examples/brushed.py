"""Maps painted with a round brush: land drawn by its outline and filled, then the brush, layer on layer."""

from random import Random

from canvas import Canvas

from spade_terrain.palette import Labels


def archipelago() -> Labels:
    """A sickle of an island with a spine of mountains, four smaller ones and their islets."""
    canvas = Canvas("water", Random(11))
    sickle = [(112, 186), (158, 128), (232, 108), (300, 132), (338, 186), (322, 228), (272, 208), (228, 216)]
    sickle += [(208, 262), (230, 322), (196, 362), (146, 344), (108, 292), (94, 232)]
    east = [(366, 250), (404, 218), (452, 244), (470, 306), (446, 364), (404, 384), (382, 342), (392, 292)]
    south = [(246, 404), (300, 378), (352, 398), (378, 440), (334, 474), (272, 466), (226, 438)]
    north = [(334, 48), (384, 28), (440, 44), (454, 84), (402, 104), (346, 90)]
    west = [(34, 338), (66, 316), (92, 352), (74, 398), (44, 386)]
    southwest = [(98, 430), (142, 408), (176, 436), (150, 476), (104, 466)]
    for outline in (sickle, east, south, north, west, southwest):
        canvas.fill("grassland", outline, sea=True)
    chain = [(262, 262), (296, 286), (330, 268), (196, 408), (212, 386), (62, 262), (40, 214), (480, 190), (492, 420)]
    canvas.clumps("grassland", [*chain, (452, 452), (66, 116), (96, 92), (288, 58), (470, 128)], 9, sea=True)
    canvas.line("water", [(284, 88), (266, 122), (268, 146)], 7, sea=True)
    canvas.line("water", [(78, 258), (112, 262), (124, 258)], 6, sea=True)
    canvas.line("water", [(476, 330), (446, 326), (432, 314)], 7, sea=True)

    canvas.fill("forest", [(214, 128), (296, 138), (334, 196), (312, 212), (258, 178), (212, 190), (190, 160)])
    canvas.belt("forest", [(186, 236), (188, 290), (206, 336)], 15)
    canvas.fill("forest", [(402, 222), (452, 248), (462, 300), (428, 296), (404, 262)])
    canvas.belt("forest", [(244, 430), (290, 408), (338, 408)], 13)
    canvas.clumps("forest", [(52, 360), (132, 446), (132, 330), (330, 268), (196, 406)], 13)
    canvas.fill("desert", [(400, 330), (450, 336), (444, 366), (404, 388), (388, 362)])
    canvas.clumps("desert", [(356, 440), (338, 462)], 13)
    canvas.fill("tundra", [(320, 40), (386, 16), (460, 36), (468, 90), (400, 116), (330, 100)])

    spine = [(146, 322), (134, 272), (142, 222), (172, 178), (222, 154), (276, 162)]
    canvas.belt("hills", spine, 25)
    canvas.belt("hills", [(412, 268), (424, 306), (416, 348)], 16)
    canvas.belt("hills", [(274, 444), (318, 438)], 13)
    canvas.clumps("hills", [(64, 348), (128, 436), (372, 66)], 9)
    canvas.belt("mountains", spine, 11)
    canvas.belt("mountains", [(158, 196), (178, 224), (176, 248)], 7)
    canvas.belt("mountains", [(414, 280), (422, 312), (416, 336)], 7)
    canvas.belt("mountains", [(376, 60), (404, 64), (424, 72)], 9)
    return canvas.labels


def continent() -> Labels:
    """A continent with a cordillera in the west, its rain shadow, an inland sea and a cold north."""
    canvas = Canvas("water", Random(23))
    outline = [(92, 62), (136, 32), (196, 58), (252, 40), (330, 24), (388, 58), (432, 84), (484, 92), (462, 138)]
    outline += [(430, 176), (462, 214), (490, 262), (454, 306), (412, 328), (420, 384), (364, 404), (344, 436)]
    outline += [(318, 488), (274, 470), (250, 410), (206, 390), (170, 424), (130, 386), (138, 336), (104, 296)]
    outline += [(54, 262), (48, 214), (74, 172), (34, 138), (44, 96)]
    canvas.fill("grassland", outline, sea=True)
    canvas.fill("grassland", [(396, 432), (440, 412), (468, 440), (440, 476), (402, 466)], sea=True)
    canvas.clumps("grassland", [(34, 330), (58, 366), (84, 398), (494, 360), (486, 62), (180, 448)], 9, sea=True)
    canvas.fill("water", [(286, 214), (332, 198), (368, 226), (356, 262), (310, 270), (280, 246)], sea=True)
    canvas.line("water", [(364, 246), (402, 268), (440, 262), (480, 276)], 8, sea=True)
    canvas.line("water", [(248, 20), (258, 62), (246, 92)], 12, sea=True)
    canvas.line("water", [(286, 480), (282, 436), (296, 412)], 9, sea=True)
    canvas.clumps("water", [(252, 336), (414, 104), (224, 112)], 9, sea=True)

    canvas.fill(
        "tundra", [(30, 40), (170, 14), (330, 10), (440, 40), (420, 84), (330, 76), (240, 104), (150, 84), (60, 110)]
    )
    canvas.fill("desert", [(186, 150), (238, 138), (266, 184), (256, 254), (226, 306), (186, 284), (194, 218)])
    canvas.belt("desert", [(300, 300), (340, 312), (368, 300)], 15)
    canvas.fill("forest", [(300, 96), (372, 84), (438, 122), (428, 178), (376, 196), (340, 172), (296, 160)])
    canvas.belt("forest", [(66, 130), (80, 180), (74, 236), (110, 292)], 17)
    canvas.belt("forest", [(150, 366), (206, 376), (252, 382), (268, 440)], 20)
    canvas.fill("forest", [(386, 300), (448, 296), (440, 322), (404, 340), (384, 392), (350, 398), (356, 346)])
    canvas.clumps("forest", [(312, 366), (286, 330), (428, 444), (448, 222), (34, 330)], 13)

    cordillera = [(106, 82), (124, 132), (116, 186), (138, 240), (158, 296), (204, 336)]
    canvas.belt("hills", cordillera, 29)
    canvas.belt("hills", [(270, 128), (322, 130), (382, 146), (412, 190)], 15)
    canvas.belt("hills", [(318, 344), (342, 378), (330, 428)], 18)
    canvas.belt("hills", [(212, 196), (232, 216), (228, 246)], 9)
    canvas.clumps("hills", [(420, 452), (436, 240)], 11)
    canvas.belt("mountains", cordillera, 14)
    canvas.belt("mountains", [(124, 132), (158, 150), (178, 182)], 9)
    canvas.belt("mountains", [(148, 268), (182, 262)], 8)
    canvas.belt("mountains", [(300, 128), (346, 134), (378, 146)], 7)
    canvas.belt("mountains", [(326, 358), (338, 384), (332, 410)], 8)
    canvas.clumps("mountains", [(196, 64), (352, 52)], 11)
    return canvas.labels


def valley() -> Labels:
    """A green valley between two ranges, a desert behind the eastern one, and the sea at the valley's mouth."""
    canvas = Canvas("grassland", Random(37))
    canvas.fill(
        "water",
        [(-20, 470), (60, 462), (128, 432), (176, 456), (238, 448), (280, 484), (290, 540), (-20, 540)],
        sea=True,
    )
    canvas.clumps("grassland", [(96, 486), (206, 492)], 8, sea=True)
    canvas.fill("tundra", [(-20, -20), (220, -20), (196, 48), (128, 76), (74, 128), (-20, 150)])
    canvas.fill(
        "desert", [(360, 130), (420, 96), (540, 110), (540, 420), (440, 410), (392, 350), (398, 260), (350, 196)]
    )
    canvas.fill("water", [(238, 196), (262, 186), (280, 220), (276, 262), (258, 282), (244, 246)], sea=True)

    canvas.belt("forest", [(150, 96), (196, 170), (206, 250), (184, 330), (150, 400)], 26)
    canvas.belt("forest", [(262, 60), (306, 140), (330, 220), (338, 300), (310, 372)], 24)
    canvas.fill("forest", [(-20, 360), (50, 340), (96, 376), (84, 430), (30, 448), (-20, 440)])
    canvas.clumps("forest", [(236, 330), (220, 410), (262, 420), (480, 40), (440, 62), (330, 440), (496, 460)], 15)

    west = [(60, -10), (96, 70), (142, 138), (148, 214), (126, 288), (84, 338), (-10, 356)]
    east = [(286, -10), (322, 62), (350, 130), (378, 214), (382, 292), (356, 366), (378, 440), (430, 524)]
    canvas.belt("hills", west, 38)
    canvas.belt("hills", east, 34)
    canvas.belt("hills", [(452, 196), (478, 236), (466, 282)], 14)
    canvas.clumps("hills", [(230, 132), (420, 160), (470, 356)], 12)
    canvas.belt("mountains", west, 21)
    canvas.belt("mountains", [(136, 240), (84, 216), (28, 234)], 17)
    canvas.belt("mountains", east, 17)
    canvas.belt("mountains", [(346, 120), (392, 92), (428, 46)], 11)
    canvas.belt("mountains", [(462, 214), (472, 254)], 6)
    canvas.belt("tundra", [(100, 120), (104, 180), (88, 268)], 9)
    canvas.clumps("desert", [(420, 470), (456, 438)], 14)
    return canvas.labels
