"""The command group `clean-bench`.

Commands are imported lazily, so `clean-bench --help` loads neither torch nor transformers. A
`UserError` becomes one line on standard error and exit status 2.
"""

from __future__ import annotations

import difflib
import importlib
import logging
import os
import signal
import sys
from collections.abc import Mapping

import click

from clean_bench import __version__
from clean_bench.cli.common import end_output, logging_options
from clean_bench.cli.terminal_text import inert
from clean_bench.errors import UserError
from clean_bench.extras import missing_package
from clean_bench.sibling_packages import claim_process

COMMANDS: Mapping[str, str] = {
    "generate": "generate fresh, held-out problems, with decontamination",
    "score": "score a checkpoint: accuracy, avg@k, pass@k, maj@k",
    "probe": "contamination probe: how much of a benchmark is memorized",
    "calibrate": "power of the probe: plant known copies, then probe",
    "behaviors": "compare completions before and after training",
    "overlap": "contamination of a training set with benchmark problems",
    "sft": "warm a checkpoint up: supervised fine-tuning on worked solutions",
    "label": "label a training set with a checkpoint's own majority answers",
    "train": "train a checkpoint with GRPO (mini-batches) on one reward",
    "compare": "split the gain of trained checkpoints over their base",
    "run": "probe, train, score and report, from a recipe",
    "organism": "build the control models (organisms)",
    "grade": "grade a file of responses",
    "export": "export a problem set to lm-eval or verifiers, an arm to verl",
    "verify": "verify any folder that clean-bench wrote",
    "list": "list families, benchmarks, rewards, objectives, templates or recipes",
}
"""Name and summary of each command; its module is `clean_bench.cli.NAME`."""
INTERNAL_ERROR = 3
"""Exit status of an error that no command expects."""
_logger = logging.getLogger(__name__)
_START_OVER = ("grade", "export", "verify", "list")
"""Commands that keep nothing of an interrupted run; the others resume."""
ENVIRONMENT = {
    # Spinning OpenMP threads slow each other down tenfold on shared cores. Read when torch is loaded.
    "GOMP_SPINCOUNT": "3000",
    # Fewer, larger pages take less time to fill. Read when torch makes its first tensor.
    "THP_MEM_ALLOC_ENABLE": "1",
    # Arrow's default allocators keep freed memory, which adds up over millions of streamed rows.
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}
"""What every command sets in its environment where it is not set."""


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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, as in `click.Group`; the error names a close one."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise click.UsageError(error.message + hint, ctx) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="clean-bench")
@logging_options
def cli(**_: object) -> None:
    """How much of an RLVR gain is real?

    clean-bench generates problems that no corpus can contain, probes what a checkpoint has memorized,
    trains it with GRPO on true and on spurious rewards, scores every checkpoint on public and fresh
    problems, and reports with intervals how much of a gain is memorization.

    Start with `clean-bench run demo --out runs/demo`: the whole experiment on a small model, without
    GPU and network, in a few minutes. Interrupted at any moment, rerun the same command to resume.
    """


class _Terminated(BaseException):
    """SIGTERM, as schedulers send it before they kill: temporary files and processes are cleaned up."""


def _terminate(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a second one ends the process at once
    raise _Terminated


def main() -> None:
    """Run the command line and exit.

    Exit status: 0, 1 (a check failed), 2 (wrong usage or input, or a file that cannot be read or
    written), 3 (a fault of clean-bench itself), 130 (interrupted) or 143 (terminated).
    """
    claim_process()
    signal.signal(signal.SIGTERM, _terminate)
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    try:
        status = cli.main(standalone_mode=False)
    except UserError as error:
        status = _print_error(str(error))
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else str(error))
        status = 2
    except click.UsageError as error:
        hint = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        status = _print_error(error.format_message() + hint)
    except click.ClickException as error:
        status = _print_error(error.format_message())
    except (click.Abort, KeyboardInterrupt):
        named = next((word for word in sys.argv[1:] if word in COMMANDS), "")
        again = "start over" if named in _START_OVER else "resume"
        status = _print_error(f"interrupted; rerun the same command to {again}")
        status = 130
    except _Terminated:
        status = _print_error("terminated; rerun the same command to resume")
        status = 128 + signal.SIGTERM
    except BrokenPipeError:
        sys.stderr.close()
        status = 1
    except ModuleNotFoundError as error:
        missing = missing_package(error, " ".join(sys.argv[1:2]))
        if missing is None:
            raise
        status = _print_error(str(missing))
    except OSError as error:
        status = _print_error(f"{error.filename or 'a file'}: {error.strerror or error}")
    except Exception as error:
        status = _print_internal_error(error)
    end_output()
    sys.exit(status if isinstance(status, int) else 0)


def _print_error(message: str) -> int:
    click.echo("clean-bench: " + inert(" ".join(message.split())), err=True)
    return 2


def _print_internal_error(error: Exception) -> int:
    """Print one line for a fault of clean-bench itself; `-v` and `--log-file` get the traceback."""
    _logger.info("unexpected error", exc_info=error)
    reason = f"{type(error).__name__}: {error}"[:300]
    _print_error(f"internal error: {reason}; rerun with -v for the traceback, and please report it")
    return INTERNAL_ERROR


if __name__ == "__main__":
    main()
