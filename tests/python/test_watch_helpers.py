"""Who is the owner when a helper, a decorator or a chain of libraries makes the write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import World

MOCKS = {
    "a context": "with mock.patch('shop.price'): pass",
    "an object": "with mock.patch.object(shop, 'price', len): pass",
    "several": "with mock.patch.multiple(shop, price=len): pass",
    "a patcher left on": "mock.patch('shop.price').start()",
    "a dictionary": "with mock.patch.dict(vars(shop), price=len): pass",
    "a decorator": "@mock.patch('shop.price')\ndef f(m): pass\nf()",
    "a class": "@mock.patch('shop.price')\nclass T:\n    def test_it(self, m): pass\nT().test_it()",
    "an async decorator": "import asyncio\n@mock.patch('shop.price')\nasync def f(m): pass\n"
    "asyncio.run(f())",
}


@pytest.mark.parametrize("case", MOCKS)
def test_mock_acts_for_its_caller(world: World, case: str) -> None:
    """unittest.mock is `via`; who called it, or wrote the decorated function, is the owner."""
    world.tracer(MOCKS[case], "import shop\nfrom unittest import mock")
    seen = world.run("import tracer\ntracer.go()\n")
    assert seen.owners == ["shop:price by acme-tracer 1.4 via unittest.mock"]
    assert seen.patches[0]["site"]["module"] == "tracer"
    left_on = case == "a patcher left on"
    assert seen.rows == ["replaced shop:price" + ("" if left_on else " (reverted)")]


def test_general_helper_is_no_owner(world: World) -> None:
    """A library known to patch for others is named as the way."""
    world.install("wrapt", "9.0", wrapt="def wrap(m, name, f): setattr(m, name, f)\n")
    world.tracer("wrapt.wrap(shop, 'price', len)", "import shop, wrapt")
    seen = world.run("import tracer\ntracer.go()\n")
    assert seen.owners == ["shop:price by acme-tracer 1.4 via wrapt"]


def test_helper_that_patches_by_itself_is_the_owner(world: World) -> None:
    """What a helper does while it is imported is its own doing."""
    world.install("wrapt", "9.0", wrapt="import shop\nshop.price = len\n")
    seen = world.run("import wrapt\n")
    assert [patch["owner"]["name"] for patch in seen.patches] == ["wrapt"]


def test_private_copy_of_a_helper_is_its_vendors(world: World) -> None:
    """A helper inside another package belongs to that package."""
    copy = "def wrap(m, name, f): setattr(m, name, f)\n"
    world.install("suite", "3", suite__vendor_wrapt=copy)
    seen = world.run(
        "import shop\nfrom suite import vendor_wrapt\nvendor_wrapt.wrap(shop, 'price', len)\n"
    )
    assert seen.owners == ["shop:price by suite 3"]


def test_installer_of_anothers_code_is_the_way(world: World) -> None:
    """Who puts a caller's own function in place acts for that caller."""
    world.install("plumbing", "1.0", plumbing="def fit(m, name, f): setattr(m, name, f)\n")
    world.tracer("plumbing.fit(shop, 'price', fake)", "import plumbing, shop\ndef fake(): pass")
    seen = world.run("import tracer\ntracer.go()\n")
    assert seen.owners == ["shop:price by acme-tracer 1.4 via plumbing"]


def test_library_with_code_of_its_own_is_the_owner(world: World) -> None:
    """Who puts its own function in place is the owner, whoever calls it."""
    source = "def fake(): pass\ndef fit(m, name): setattr(m, name, fake)\n"
    world.install("plumbing", "1.0", plumbing=source)
    world.tracer("plumbing.fit(shop, 'price')", "import plumbing, shop")
    seen = world.run("import tracer\ntracer.go()\n")
    assert seen.owners == ["shop:price by plumbing 1.0"]


def test_completion_that_the_owner_asked_for_is_no_patch(world: World) -> None:
    """A helper that adds names to the class of its caller completes it."""
    world.install(
        "plus", "1.0", plus="def add(cls):\n    cls.extra = lambda s: 0\n    return cls\n"
    )
    world.install(
        "user",
        "1.0",
        user="import plus\n@plus.add\nclass A: pass\nclass B: pass\ndef later(): plus.add(B)\n",
    )
    assert world.run("import user\nuser.later()\n").rows == []


def test_framework_completes_the_subclasses_of_its_base(world: World) -> None:
    """A base class that adds to its subclasses as they are used is their framework."""
    source = """
class Base:
    def use(self):
        type(self).cached = lambda s: 0
"""
    world.install("frame-work", "1.0", framework=source)
    world.install("user", "1.0", user="import framework\nclass A(framework.Base): pass\n")
    assert world.run("import user\nuser.A().use()\n").rows == []


def test_distribution_changes_itself_without_a_line(world: World) -> None:
    """Two modules of one distribution are one party; --internal shows what they do."""
    source = "from duo import a\ndef go(): a.f = len\n"
    world.install("duo", "1.0", duo__a="def f(): pass\n", duo__b=source)
    main = "from duo import b\nb.go()\n"
    assert world.run(main).rows == []
    seen = world.run(main, "--internal")
    assert seen.owners == ["duo.a:f by duo 1.0"]
    assert seen.patches[0]["internal"]
    assert seen.patches[0]["boundary"] == "own"


def test_what_came_of_ones_own_may_be_exchanged(world: World) -> None:
    """A name that got a distribution's value by an import; --internal shows each exchange."""
    world.install(
        "acme-tracer",
        "1.4",
        tracer="def fake(): pass\ndef go(f):\n import shop.view\n shop.view.fake = f\n",
    )
    world.overt.write("shop/__init__.py", "")
    world.overt.write("shop/view.py", "from tracer import fake\n")
    main = "import shop.view, tracer\ntracer.go(len)\ntracer.go(tracer.fake)\ntracer.go(max)\n"
    assert world.run("import shop.view, tracer\ntracer.go(len)\n").rows == []
    seen = world.run(main, "--internal")
    assert [(each["internal"], each["reverted"]) for each in seen.patches] == [
        (True, True),
        (True, False),
    ]


def test_two_top_modules_of_one_distribution_are_one_party(world: World) -> None:
    """A distribution may have several import names."""
    world.install(
        "duo", "1.0", duo_a="def f(): pass\n", duo_b="import duo_a\ndef go(): duo_a.f = len\n"
    )
    assert world.run("import duo_b\nduo_b.go()\n").rows == []


def test_namespace_package_has_an_owner_for_each_part(world: World) -> None:
    """Parts of one namespace package belong to the distributions that installed them."""
    world.install("space-one", "1.0", space__one="def f(): pass\n")
    world.install("space-two", "2.0", space__two="from space import one\ndef go(): one.f = len\n")
    (world.site / "space" / "__init__.py").unlink()
    seen = world.run("from space import two\ntwo.go()\n")
    assert seen.owners == ["space.one:f by space-two 2.0"]
    assert seen.patches[0]["boundary"] == "third-party"


def test_standard_library_acts_for_its_caller(world: World) -> None:
    """functools.update_wrapper and types.new_class write for who calls them; not on their own."""
    code = "import functools\nfunctools.update_wrapper(shop, shop, ['price'], [])\nshop.price = len"
    seen = world.sees(code)
    assert seen.rows == ["replaced shop:price"]


def test_registration_in_the_standard_library_is_no_patch(world: World) -> None:
    """What a documented function of the standard library stores in its own module is its own."""
    code = "import logging\nlogging.setLoggerClass(type('L', (logging.Logger,), {}))\n"
    code += "logging.setLogRecordFactory(logging.LogRecord)\nlogging.addLevelName(5, 'FINE')"
    assert world.sees(code).rows == []


def test_writer_exchanges_what_it_had_put_there_itself(world: World) -> None:
    """A name that a distribution was asked to add stays its own to exchange."""
    world.install(
        "plus",
        "1.0",
        plus="def add(c): c.extra = first\ndef swap(c): c.extra = second\n"
        "def first(self): pass\ndef second(self): pass\n",
    )
    world.install("user", "1.0", user="import plus\nclass A: pass\nplus.add(A)\n")
    assert world.run("import plus, user\nplus.swap(user.A)\n").rows == []


def test_module_made_at_run_time_is_filled_by_others(world: World) -> None:
    """A module without a body is completed from outside; what stands there can be patched."""
    world.install(
        "maker",
        "1",
        maker="import sys, types\nm = types.ModuleType('made')\n"
        "m.f = len\nsys.modules['made'] = m\n",
    )
    seen = world.sees("made.g = len\nmade.f = print", "import maker, made")
    assert seen.rows == ["replaced made:f"]


def test_private_names_of_a_patch_are_told_by_their_target(world: World) -> None:
    """A patch of a private module is reported where it was made, not where it is published."""
    world.install("boxes", "1", boxes___impl="def f(): pass\n")
    (world.site / "boxes" / "__init__.py").write_text("from boxes._impl import f\n")
    seen = world.sees("boxes.f = len\nboxes._impl.f = len", "import boxes")
    assert seen.rows == ["replaced boxes:f", "replaced boxes._impl:f"]


BACK = {
    "mock": "with mock.patch('shop.rate', None):\n    shop.connect()",
    "a new name": "with mock.patch('shop.rate', None, create=True):\n    shop.connect()",
    "a patcher": "p = mock.patch.object(shop, 'rate', 0); p.start(); shop.connect(); p.stop()",
}


@pytest.mark.parametrize("case", BACK)
def test_helper_that_puts_data_back_made_no_patch(world: World, case: str) -> None:
    """Data for data was no patch, and what stood there in between was the module's own."""
    world.install(
        "shop",
        "2.1",
        shop="rate = None\ndef connect():\n    global rate\n    rate = object()\n",
    )
    world.tracer(BACK[case], "import shop\nfrom unittest import mock")
    assert world.run("import tracer\ntracer.go()\n").rows == []


def test_helper_that_ends_in_the_wrong_order_leaves_a_patch(world: World) -> None:
    """Two patchers that stop in the order of their start leave the first one's mock behind."""
    seen = world.sees(
        "first, second = mock.patch('shop.price'), mock.patch('shop.price')\n"
        "first.start(); second.start(); first.stop(); second.stop()",
        "import shop\nfrom unittest import mock",
    )
    assert [patch["target"] for patch in seen.patches if not patch["reverted"]] == ["shop:price"]
