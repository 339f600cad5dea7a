"""aiohttp, tornado and httpx as servers and clients: they patch nothing."""

import asyncio

import aiohttp
import httpx
import tornado.httpclient
import tornado.web
from aiohttp import web
from snapshot import differences

EXPECT = {"needs": ["aiohttp", "httpx", "tornado"]}


class Hello(tornado.web.RequestHandler):
    def get(self) -> None:
        self.write("hello")


async def hello(request: web.Request) -> web.Response:
    return web.Response(text="hello")


async def main() -> None:
    runner = web.AppRunner(web.Application())
    runner.app.router.add_get("/", hello)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert await response.text() == "hello"
    async with httpx.AsyncClient() as client:
        assert (await client.get(url)).text == "hello"
    fetched = await tornado.httpclient.AsyncHTTPClient().fetch(url)
    assert fetched.body == b"hello"
    await runner.cleanup()


with differences():
    tornado.web.Application([("/", Hello)])
    asyncio.run(main())
