"""What a program does when it is at work: nothing of it writes to a module or a class."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from kernel import Kernel


def add(a: int, b: int, c: int = 0) -> int:
    return a + b + c


def function_calls(n: int) -> None:
    for i in range(n):
        add(i, 1)
        add(i, b=2, c=3)


class Point:
    def __init__(self, x: float, y: float) -> None:
        self.x = x
        self.y = y

    def moved(self, by: float) -> Point:
        return Point(self.x + by, self.y + by)

    @property
    def sum(self) -> float:
        return self.x + self.y


def attributes(n: int) -> None:
    point = Point(1.0, 2.0)
    for _ in range(n):
        point.x = point.y
        point.y = point.sum


def methods(n: int) -> None:
    point = Point(1.0, 2.0)
    for _ in range(n):
        point = point.moved(0.5)


def comprehensions(n: int) -> None:
    for i in range(n):
        squares = [j * j for j in range(i, i + 20)]
        _ = {j: str(j) for j in squares if j % 3}


def strings(n: int) -> None:
    for i in range(n):
        text = f"item {i}: {i * 0.5:.2f}"
        ", ".join(text.upper().split()).replace("ITEM", "x").encode().decode()


def exceptions(n: int) -> None:
    for i in range(n):
        try:
            raise ValueError(i)
        except ValueError as error:
            error.args  # noqa: B018


def counted(n: int) -> Iterator[int]:
    for i in range(n):  # noqa: UP028  # a step of Python each is what is counted
        yield i


def generators(n: int) -> None:
    for _ in range(n):
        for _ in counted(20):
            pass


def nbody(n: int) -> None:
    bodies = [
        ([0.0, 0.0], [0.0, 0.1], 10.0),
        ([1.0, 0.0], [0.0, 1.0], 1.0),
        ([0.0, 2.0], [0.7, 0.0], 0.5),
    ]
    for _ in range(n):
        for i, (place, speed, mass) in enumerate(bodies):
            for there, other, weight in bodies[i + 1 :]:
                dx, dy = place[0] - there[0], place[1] - there[1]
                pull = 0.001 / (dx * dx + dy * dy + 0.01) ** 1.5
                speed[0] -= dx * weight * pull
                speed[1] -= dy * weight * pull
                other[0] += dx * mass * pull
                other[1] += dy * mass * pull
        for place, speed, _ in bodies:
            place[0] += 0.001 * speed[0]
            place[1] += 0.001 * speed[1]


class Task:
    def __init__(self, name: str, work: int) -> None:
        self.name = name
        self.work = work
        self.following: Task = self

    def step(self) -> Task:
        self.work -= 1
        return self.following


class Waiting(Task):
    def step(self) -> Task:
        if self.work % 3:
            return super().step()
        self.work -= 2
        return self.following


def scheduler(n: int) -> None:
    tasks = [Task("a", n), Waiting("b", n), Task("c", n), Waiting("d", n)]
    for task, following in zip(tasks, tasks[1:] + tasks[:1], strict=True):
        task.following = following
    task = tasks[0]
    for _ in range(n):
        task = task.step()


ORDER = {
    "id": 7,
    "items": [{"sku": "tea", "price": 4.5, "tags": ["green", "loose"]}],
    "paid": None,
}
WORD = re.compile(r"(\w+)@(\w+)\.com")


def json_both_ways(n: int) -> None:
    for _ in range(n):
        json.loads(json.dumps(ORDER, check_circular=False))  # which keeps a table of addresses


def regex(n: int) -> None:
    for i in range(n):
        WORD.sub(r"\2 at \1", f"to: someone{i}@example.com, other@kettle.com; from: nobody")


KERNELS = (
    Kernel("function calls", function_calls, 3000),
    Kernel("attribute access, a property", attributes, 3000),
    Kernel("method calls, instances made", methods, 1500),
    Kernel("comprehensions", comprehensions, 150),
    Kernel("strings", strings, 700),
    Kernel("exceptions", exceptions, 2000),
    Kernel("generators", generators, 400),
    Kernel("nbody", nbody, 150),
    Kernel("scheduler (as richards)", scheduler, 3000),
    Kernel("json dumps, loads", json_both_ways, 40),
    Kernel("regex sub", regex, 400),
)
