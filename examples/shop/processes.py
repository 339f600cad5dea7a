"""A child process that is waited for with a limit, and that leaves nobody behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

SECONDS_TO_STOP = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Child:
    """Leads a session of its own, so a Ctrl-C reaches us alone and we stop things in order."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environ: Mapping[str, str] | None = None,
        *,
        quiet: bool = False,
    ) -> None:
        self._name = name
        try:
            self._process = subprocess.Popen(
                command,
                env=environ,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL if quiet else None,
                stderr=subprocess.DEVNULL if quiet else None,
            )
        except OSError as error:
            raise RuntimeError(f"cannot start {name}: {error}") from error
        self.pid = self._process.pid
        self._over = False

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._over:
            self.stop(signal.SIGTERM)

    def running(self) -> bool:
        return self._process.poll() is None

    def wait_for_port(self, port: int, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not self.running():
                raise RuntimeError(f"{self._name} ended early: {self._process.returncode}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"{self._name} did not answer on port {port} in {seconds:.0f} s")

    def stop(self, number: signal.Signals) -> int:
        """Asks the leader alone, as a service manager would. Its exit status; 1 if we killed it."""
        self._process.send_signal(number)
        try:
            status = self._process.wait(SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            print(f"run: {self._name} did not stop in {SECONDS_TO_STOP:.0f} s, killed")
            self._kill_group()
            self._process.wait()
            return 1
        if self._kill_group():
            print(f"run: {self._name} left processes behind, killed")
            return status or 1
        return status

    def _kill_group(self) -> bool:
        """True if there was anybody left to kill. Done once: the number may be reused later on."""
        self._over = True
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True
