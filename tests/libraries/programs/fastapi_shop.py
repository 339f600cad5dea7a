"""A FastAPI application with models, dependencies and a test client: it patches nothing."""

from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.testclient import TestClient
from pydantic import BaseModel, Field
from snapshot import differences

EXPECT = {"needs": ["fastapi", "httpx"]}

app = FastAPI()


class Item(BaseModel):
    name: str
    price: float = Field(gt=0)
    parts: "list[Part]" = []


class Part(BaseModel):
    count: int


def discount() -> float:
    return 0.5


@app.post("/items")
async def create(item: Item, factor: Annotated[float, Depends(discount)]) -> Item:
    return item.model_copy(update={"price": item.price * factor})


@app.get("/missing")
def missing() -> None:
    raise HTTPException(404)


with differences():
    Item.model_rebuild()
    with TestClient(app) as client:
        item = {"name": "cup", "price": 3, "parts": [{"count": 1}]}
        assert client.post("/items", json=item).json()["price"] == 1.5
        assert client.get("/missing").status_code == 404
        assert "/items" in client.get("/openapi.json").json()["paths"]
