"""beartype changes typing's own machinery; typeguard's import hook patches while it loads."""

import typing

from snapshot import differences

EXPECT = {
    "owners": ["beartype", "typeguard"],
    "at_least": 2,
    "targets": {
        "importlib._bootstrap_external:cache_from_source": "typeguard",
        "typing:_generic_class_getitem": "beartype",
    },
}

with differences():
    import beartype
    import beartype.typing
    import typeguard

    with typeguard.install_import_hook("colorsys"):
        import colorsys

    assert colorsys.rgb_to_hsv(0, 0, 0) == (0.0, 0.0, 0)

    @beartype.beartype
    class Checked:
        @typeguard.typechecked
        def double(self, x: int) -> int:
            return 2 * x

    assert Checked().double(2) == 4
    assert typing.Generic is not None
