"""Kettle & Leaf: a small web shop for tea, as a real one would be written and instrumented.

Start reading at `boot.py` (what happens in which order) and `services.py` (what the shop is made
of). Nothing here is imported from this module, so that importing `shop` is free.
"""
