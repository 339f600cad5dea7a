"""The shelves on the first day."""

from __future__ import annotations

from .models import Product

CATEGORIES = {"tea": "Tea", "kettles": "Kettles", "cups": "Cups & pots", "larder": "Larder"}

# sku, category, name, price in cents, on hand, blurb
_SHELVES = (
    ("TEA-ASSAM", "tea", "Assam Mangalam", 950, 60, "Malty and bright; takes milk well."),
    ("TEA-DARJ", "tea", "Darjeeling First Flush", 1890, 24, "Spring leaves with a muscatel nose."),
    ("TEA-EARL", "tea", "Earl Grey Bergamot", 890, 80, "Ceylon leaf and cold-pressed bergamot."),
    ("TEA-GENMAI", "tea", "Genmaicha", 1120, 40, "Green tea with roasted rice; quiet and nutty."),
    ("TEA-GYOKURO", "tea", "Gyokuro Asahi", 3450, 8, "Shaded for three weeks. Brew it at 60 °C."),
    ("TEA-LAPSANG", "tea", "Lapsang Souchong", 1340, 30, "Dried over pinewood; a fire in a cup."),
    ("TEA-MINT", "tea", "Moroccan Mint", 790, 70, "Gunpowder green and spearmint."),
    ("TEA-OOLONG", "tea", "Tieguanyin Oolong", 1990, 22, "Rolled by hand, orchid and butter."),
    ("TEA-PUERH", "tea", "Pu-erh Cake 2016", 4200, 6, "Ripe, earthy, good for twenty infusions."),
    ("TEA-ROOIBOS", "tea", "Rooibos Vanilla", 720, 90, "No caffeine, all comfort."),
    ("KET-GOOSE", "kettles", "Gooseneck Kettle 0.9 l", 6900, 10, "A slow, steady pour."),
    ("KET-IRON", "kettles", "Cast Iron Kettle", 8900, 5, "Keeps its heat through a long talk."),
    ("KET-STEEL", "kettles", "Steel Whistling Kettle", 3900, 14, "It tells you when."),
    ("KET-TEMP", "kettles", "Variable Kettle 1.2 l", 9900, 7, "40 to 100 °C, held for an hour."),
    ("CUP-GAIWAN", "cups", "Porcelain Gaiwan", 2400, 18, "Lid, bowl, saucer: all you need."),
    ("CUP-GLASS", "cups", "Double Wall Glass, pair", 2650, 20, "Hot inside, cool outside."),
    ("CUP-KYUSU", "cups", "Kyusu Side-handle Pot", 5400, 6, "Tokoname clay, fine strainer."),
    ("CUP-MUG", "cups", "Stoneware Mug", 1650, 48, "Thrown in Delft; no two alike."),
    ("CUP-POT", "cups", "Brown Betty Teapot", 3200, 16, "The shape has not changed since 1695."),
    ("LAR-HONEY", "larder", "Lime Blossom Honey", 980, 36, "From hives along the canal."),
    ("LAR-LEMON", "larder", "Lemon Shortbread", 640, 55, "Baked on Thursdays."),
    ("LAR-STRAIN", "larder", "Steel Tea Strainer", 1190, 32, "Fine enough for rooibos."),
    ("LAR-SUGAR", "larder", "Candy Sugar", 480, 44, "Crackles when the tea hits it."),
    ("LAR-TIN", "larder", "Airtight Tea Tin 250 g", 1450, 26, "Double lid, no light."),
)


def products() -> list[Product]:
    return [
        Product(
            sku=sku,
            category=category,
            name=name,
            blurb=blurb,
            price_cents=cents,
            initial=on_hand,
            on_hand=on_hand,
            reorder_at=max(3, on_hand // 3),
        )
        for sku, category, name, cents, on_hand, blurb in _SHELVES
    ]
