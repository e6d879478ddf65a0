"""The verbs of the `bubblenet` command that submit jobs.

Importing all jobs takes over a second: a script is imported when its verb is used, all of them only for --help.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

from bubblenet import jobs

if TYPE_CHECKING:
    from bubblenet.app.job import Job, Values


def declared_jobs() -> dict[str, Job]:
    """Every job by script name, each after the one that it follows."""
    known = {script: _job_of(script) for script in _scripts()}
    return {script: known[script] for script in _followers("", known)}


def _followers(verb: str, known: dict[str, Job]) -> list[str]:
    """The scripts whose jobs follow a verb, each with its own followers."""
    found = [script for script, job in known.items() if job.follows == verb]
    return [name for script in found for name in (script, *_followers(known[script].verb, known))]


def _scripts() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(jobs.__path__))


def _job_of(script: str) -> Job:
    job: Job = importlib.import_module(f"bubblenet.jobs.{script}").JOB
    return job


class VerbGroup(TyperGroup):
    """The jobs, then the commands that main.py registers."""

    def list_commands(self, ctx: Any) -> list[str]:
        """All verbs: the jobs in their order, then the others."""
        verbs = [self._add(script, job) for script, job in declared_jobs().items()]
        return list(dict.fromkeys([*verbs, *self.commands]))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of that name. The script of the same name is tried first, then the others one by one."""
        for script in sorted(_scripts(), key=lambda script: script != cmd_name):
            if cmd_name in self.commands:
                break
            self._add(script, _job_of(script))
        return self.commands.get(cmd_name)

    def _add(self, script: str, job: Job) -> str:
        """Add the command of a job, in a group if its verb has two words; return the first word."""
        word = job.verb.split()[0]
        command = _submitting(script, job)
        if word == job.verb:
            self.commands[word] = command
        else:
            group = self.commands.setdefault(word, TyperGroup(name=word, help=job.help, no_args_is_help=True))
            assert isinstance(group, TyperGroup)  # no job has the name of a group
            group.add_command(command)
        return word


class _Remembering(TyperCommand):
    """A command that keeps its arguments verbatim."""

    argv: tuple[str, ...] = ()

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        self.argv = tuple(args)
        return super().parse_args(ctx, args)


def _submitting(script: str, job: Job) -> TyperCommand:
    """The job's own parser; accepted arguments are submitted verbatim."""

    def act(values: Values) -> None:
        from bubblenet.cli.submitting import submit

        raise typer.Exit(submit(script, job, values, command.argv))

    command = job.command(act, _Remembering)
    return command
