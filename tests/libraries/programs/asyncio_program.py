"""Tasks, streams, threads and a subprocess under asyncio: it patches nothing."""

import asyncio

from snapshot import differences

EXPECT = {}


async def consume(queue: asyncio.Queue[int | None]) -> int:
    total = 0
    while (item := await queue.get()) is not None:
        total += item
    return total


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.readline())
    writer.close()
    await writer.wait_closed()


async def main() -> None:
    queue: asyncio.Queue[int | None] = asyncio.Queue()
    async with asyncio.TaskGroup() as group:
        total = group.create_task(consume(queue))
        for item in (1, 2, None):
            await queue.put(item)
    assert total.result() == 3
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"hello\n")
    assert await reader.read() == b"hello\n"
    writer.close()
    server.close()
    assert await asyncio.to_thread(sum, [1, 2]) == 3
    process = await asyncio.create_subprocess_exec("true")
    assert await process.wait() == 0


with differences():
    asyncio.run(main())
