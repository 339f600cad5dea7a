"""Celery with tasks, a chain and a class-based task, in memory: it patches nothing."""

import celery
from snapshot import differences

EXPECT = {"needs": ["celery"]}

app = celery.Celery("shop", broker="memory://", backend="cache+memory://")
app.conf.task_always_eager = True


@app.task
def add(x: int, y: int) -> int:
    return x + y


@celery.shared_task
def one() -> int:
    return 1


class Two(app.Task):
    name = "two"

    def run(self) -> int:
        return 2


with differences():
    app.register_task(Two())
    assert app.tasks["two"].delay().get() == 2
    assert celery.chain(add.s(1, 2), add.s(3))().get() == 6
    assert one.delay().get() == 1
