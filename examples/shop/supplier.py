"""The supplier next door: prices and depots over HTTP, deliveries over a feed. Its own process.

  GET  /prices/SKU           {"recommended_cents": N}
  GET  /depots/NAME/SKU      {"days": N, "available": N}
  POST /orders               {"sku": "...", "quantity": N}   delivered a moment later

The feed is TCP, one JSON object a line: the shop sends {"after": N} and gets every delivery with a
higher number, the old ones at once and new ones as they happen. Standard library only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECONDS_TO_DELIVER = 0.2
SECONDS_TO_ANSWER = 0.003


class Deliveries:
    """What was sent, numbered from 1. THREADS: `add` from any, the rest on the loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._sent: list[tuple[str, int]] = []
        self._changed = asyncio.Condition()

    def add(self, sku: str, quantity: int) -> None:
        self._loop.call_soon_threadsafe(
            self._loop.call_later, SECONDS_TO_DELIVER, self._deliver, sku, quantity
        )

    def _deliver(self, sku: str, quantity: int) -> None:
        self._sent.append((sku, quantity))
        task = self._loop.create_task(self._tell())
        task.add_done_callback(lambda done: done.exception())

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def feed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One subscriber, until it leaves."""
        try:
            position = int(json.loads(await reader.readline())["after"])
            leaving = asyncio.create_task(reader.read())
            while not leaving.done():
                for number in range(position, len(self._sent)):
                    sku, quantity = self._sent[number]
                    line = json.dumps({"id": number + 1, "sku": sku, "quantity": quantity})
                    writer.write(line.encode() + b"\n")
                position = max(position, len(self._sent))
                await writer.drain()
                news = asyncio.create_task(self._news(position))
                await asyncio.wait({news, leaving}, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
        except (OSError, ValueError, KeyError):
            pass  # a subscriber that breaks off, or talks nonsense, is simply gone
        finally:
            writer.close()

    async def _news(self, position: int) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: len(self._sent) > position)


class Desk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet, or Nagle and delayed ACK cost 40 ms
    disable_nagle_algorithm = True
    deliveries: Deliveries

    def do_GET(self) -> None:
        time.sleep(SECONDS_TO_ANSWER)
        match self.path.strip("/").split("/"):
            case ["prices", sku]:
                self._answer({"recommended_cents": 900 + zlib.crc32(sku.encode()) % 9000})
            case ["depots", name, sku]:
                chance = zlib.crc32(f"{name}{sku}".encode())
                self._answer({"days": 1 + chance % 5, "available": chance % 40})
            case ["health"]:
                self._answer({"status": "ok"})
            case _:
                self.send_error(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            order = json.loads(body)
            self.deliveries.add(str(order["sku"]), int(order["quantity"]))
        except (ValueError, KeyError, TypeError):
            self.send_error(400)
        else:
            self._answer({"status": "accepted"}, 202)

    def _answer(self, content: dict[str, str | int], status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


async def serve(http_port: int, feed_port: int) -> None:
    loop = asyncio.get_running_loop()
    Desk.deliveries = Deliveries(loop)
    desk = ThreadingHTTPServer(("127.0.0.1", http_port), Desk)
    threading.Thread(target=desk.serve_forever, name="desk", daemon=True).start()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await asyncio.start_server(Desk.deliveries.feed, "127.0.0.1", feed_port)
    await stop.wait()
    desk.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8101)
    parser.add_argument("--feed-port", type=int, default=8102)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.port, arguments.feed_port))


if __name__ == "__main__":
    main()
