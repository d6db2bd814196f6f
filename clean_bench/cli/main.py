"""The root of `clean-bench`.

A command is imported when it is asked for, so that `clean-bench --help` loads neither torch nor
transformers. Errors that a user is meant to see become one line on standard error and status 2.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping

import click

from clean_bench import __version__
from clean_bench.cli.common import set_up_logging
from clean_bench.errors import UserError

COMMANDS: Mapping[str, str] = {
    "generate": "make a fresh problem set",
    "score": "score a checkpoint on problem sets",
    "probe": "measure how much of a benchmark a checkpoint recites",
    "behaviors": "say how stored completions behave, before and after training",
    "overlap": "find the problems of a benchmark that stand in a training set",
    "train": "train a checkpoint with GRPO under one reward",
    "run": "probe, train, score and report, from a recipe",
    "organism": "build the control models from nothing",
    "grade": "grade a file of responses",
    "export": "write a problem set for lm-eval, verifiers or as JSON lines",
    "verify": "check any folder that clean-bench wrote",
    "list": "list families, benchmarks, rewards, objectives, templates or recipes",
}
"""Name and one line of each command; the module is `clean_bench.cli.NAME`."""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module = importlib.import_module(f"clean_bench.cli.{name}")
        command = module.command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="clean-bench")
def cli() -> None:
    """How much of an RLVR gain is real?

    clean-bench generates problems that no corpus can hold, probes what a checkpoint can recite,
    trains it with GRPO on true and on spurious rewards, scores every checkpoint on public and fresh
    problems, and says with intervals what the gain is made of.

    Begin with `clean-bench run demo --out runs/demo`: the whole instrument on a small model, with no
    GPU and no network, in a few minutes. Every command that takes long can be stopped at any moment
    and continues when it is called again with the same line.
    """


def main() -> None:
    """Run the command line; the process ends with 0, 1 (a check failed), 2 (bad usage or input,
    or a file that cannot be read or written) or 130 (interrupted)."""
    # Threads that spin while they wait slow each other down tenfold and more where cores are shared.
    # Read when torch is loaded, so it is set before any command is.
    os.environ.setdefault("GOMP_SPINCOUNT", "3000")
    # Arrow's own allocators keep what they were given back, which counts where rows stream by millions.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    set_up_logging(os.environ.get("CLEAN_BENCH_LOG", "WARNING"))
    try:
        status = cli.main(standalone_mode=False)
    except UserError as error:
        status = _complain(str(error))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else str(error))
        status = 2
    except click.UsageError as error:
        hint = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        status = _complain(error.format_message() + hint)
    except click.ClickException as error:
        status = _complain(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        status = _complain("interrupted; rerun the same command to resume")
        status = 130
    except BrokenPipeError:
        sys.stderr.close()
        status = 1
    except OSError as error:
        status = _complain(f"{error.filename or 'a file'}: {error.strerror or error}")
    sys.exit(status if isinstance(status, int) else 0)


def _complain(message: str) -> int:
    click.echo("clean-bench: " + " ".join(message.split()), err=True)
    return 2


if __name__ == "__main__":
    main()
