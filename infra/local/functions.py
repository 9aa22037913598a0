"""The program that stands for EventBridge and SQS's event sources: it calls the scheduled and the queue functions.

python -m infra.local.functions APP_DIR READY_FILE PARENT_PID LIFELINE
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from infra.local import lifeline, resources
from infra.local.failures import StackError
from infra.local.poller import Poller
from infra.local.pool import Pool
from infra.local.scheduler import Scheduler
from infra.local.sqs_queue import Queue

# Any container runs any function, so a dozen functions need no dozen processes; a slow one gets company.
_SMALLEST, _LARGEST, _WAITING = 2, 8, 100
# Of one queue at once: however long its calls take, containers are left for the others.
_OF_ONE_QUEUE = _LARGEST // 2
_THREADS = 64
_FINISH_SECONDS = 2.0


async def run(directory: Path, ready: Path) -> None:
    """Make the queues, tell so by creating the file `ready`, and call functions until cancelled. Raises StackError."""
    # A thread for each queue's long poll, and some to delete messages meanwhile.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(_THREADS))
    pool = Pool(directory, smallest=_SMALLEST, largest=_LARGEST, waiting=_WAITING)
    starting = asyncio.create_task(pool.start())
    client = await asyncio.to_thread(_client)
    callers: list[Poller | Scheduler] = []
    try:
        app = await starting
        visibility = max((source.function.seconds for source in app.queues), default=60)
        also = partial(resources.ensure, visibility)
        await asyncio.to_thread(also)
        for source in app.queues:
            queue = Queue(client, source.queue, source.function.name, visibility=source.function.seconds, also=also)
            await asyncio.to_thread(queue.ensure)
            bounded = msgspec.structs.replace(source, concurrency=min(source.concurrency, _OF_ONE_QUEUE))
            callers.append(Poller(bounded, queue, pool, app.app_name))
        callers += [Scheduler(schedule, pool, app.app_name) for schedule in app.schedules]
        ready.touch()
        await _until_stopped(callers)
        await asyncio.gather(*(caller.finish(_FINISH_SECONDS) for caller in callers))
    finally:
        await pool.close()


async def _until_stopped(callers: list[Poller | Scheduler]) -> None:
    """Run the callers until SIGTERM; one of them ends by itself only by an error, which is raised."""
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[None] = loop.create_future()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.cancel)
    tasks = [asyncio.create_task(caller.run()) for caller in callers]
    await asyncio.wait([stopped, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        if task.done():
            task.result()
        task.cancel()


def _client() -> Any:
    """SQS at AWS_ENDPOINT_URL."""
    import boto3
    from botocore.config import Config

    return boto3.client("sqs", config=Config(retries={"total_max_attempts": 1}, max_pool_connections=30))


def main(arguments: list[str]) -> int:
    """Run as a child of the supervisor; the exit status."""
    directory, ready, parent, pipe = arguments
    lifeline.tie(int(parent), int(pipe))
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s", level=logging.INFO)
    logging.getLogger("botocore").setLevel(logging.WARNING)
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(run(Path(directory), Path(ready)))
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def leave(status: int) -> NoReturn:
    """End without waiting for threads: some may be in a long poll for another 20 seconds."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    leave(main(sys.argv[1:]))
