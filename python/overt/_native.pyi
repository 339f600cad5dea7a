"""The native half of overt."""



def boot(settings: str) -> str:
    """
    Govern this process as `overt run` said in OVERT_RUN, and return what it must be for children. Called by overt._boot only.
    """

def finish() -> None:
    """Stop watching and write the report. Called at exit."""

def after_fork() -> None:
    """Start over in a forked child."""

def watch(internal: bool = False) -> None:
    """
    See foreign patches from here on. No-op when this process is watched already.
    """

def unwatch() -> None:
    """Stop what watch() started; its ledger is gone."""

def watching() -> bool:
    """True while patches are seen."""

def report() -> str:
    """The report as it stands, as the text of an overt.report/1."""

def refusal(callee: object, target: object, leading: int = 1, role: str = 'advice') -> str | None:
    """
    Why `callee`, given `leading` arguments before the target's own, cannot stand in for `target`; None if it can.
    """
