"""State machines over a whole desk: each life on a database of its own, the same in every run."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, ClassVar, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests.desk import Desk, a_desk, migrated

T = TypeVar("T")


class Life(RuleBasedStateMachine):
    """What happens to one desk. `lives` gives `template`, a migrated database, and `new_folder`."""

    template: ClassVar[Path]
    new_folder: ClassVar[Callable[[], Path]]

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.new_event_loop()
        self._open = AsyncExitStack()

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(work)

    async def _new_desk(self) -> Desk:
        folder = type(self).new_folder()
        url = await migrated(self.template, folder / "desk.sqlite3")
        return await self._open.enter_async_context(a_desk(folder, url))

    async def _ends(self) -> None:
        """What has to hold in the end."""

    def teardown(self) -> None:
        try:
            self._run(self._ends())
            self._run(self._open.aclose())
            self._run(self._loop.shutdown_default_executor())
        finally:
            self._loop.close()


def lives(machine: type[Life], template: Path, folder: Path, *, examples: int, steps: int) -> None:
    """Run so many of them, of so many steps."""
    own = {"template": template, "new_folder": staticmethod(lambda: Path(mkdtemp(dir=folder)))}
    run_state_machine_as_test(
        type(machine.__name__, (machine,), own),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
