"""How Sphinx makes the site of docs/*.md: `make docs`."""

project = "Overt"
author = "The Overt authors"
copyright = "the Overt authors, Apache-2.0"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["_build"]
myst_heading_anchors = 3  # links to headings are checked too
nitpicky = True
html_theme = "alabaster"
html_theme_options = {
    "description": "See, measure and turn off every patch of a running Python process",
    "fixed_sidebar": True,
    "page_width": "1100px",
}
html_show_sphinx = False
highlight_language = "none"
suppress_warnings = [
    "misc.highlighting_failure",  # output of programs is shown as it is
    "toc.not_included",  # a new page is found by its links until it has a place in index.md
]
