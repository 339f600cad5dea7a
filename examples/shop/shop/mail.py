"""Invoices and order e-mails, written to files where a real shop would hand them to a mail server.

Runs in the back room. Files appear whole or not at all, so a page may look for them at any time.
"""

from __future__ import annotations

import os
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from jinja2 import Environment, PackageLoader, select_autoescape

from .models import Order
from .money import euros

SENDER = "Kettle & Leaf <orders@kettle-and-leaf.example>"


class MailRoom:
    def __init__(self, data: Path) -> None:
        self._invoices = data / "invoices"
        self._outbox = data / "outbox"
        for directory in (self._invoices, self._outbox):
            directory.mkdir(exist_ok=True)
        self._templates = Environment(
            loader=PackageLoader("shop"), autoescape=select_autoescape(), trim_blocks=True
        )
        self._templates.filters["euros"] = euros

    def invoice(self, number: str) -> str | None:
        """None until it is written."""
        try:
            return (self._invoices / f"{number}.html").read_text()
        except FileNotFoundError:
            return None

    def send(self, order: Order) -> None:
        page = self._templates.get_template("invoice.html").render(order=order)
        message = EmailMessage(policy=SMTP)
        message["From"] = SENDER
        message["To"] = order.email
        message["Subject"] = f"Your order {order.number}"
        message.set_content(f"Thank you! Your order comes to {euros(order.total_cents)}.\n")
        message.add_alternative(page, subtype="html")
        # The invoice last: who sees it may rely on the e-mail as well.
        _write(self._outbox / f"{order.number}.eml", message.as_bytes())
        _write(self._invoices / f"{order.number}.html", page.encode())


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_suffix(".part")
    unfinished.write_bytes(content)
    os.replace(unfinished, path)
