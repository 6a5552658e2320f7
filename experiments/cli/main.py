"""The console command `takedown`: a Hydra application. What it can do is in `conf/hydra/help/takedown.yaml`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from textwrap import fill

import hydra
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from experiments.cli.default_enforcement import with_enforcement
from experiments.cli.errors import FULL_ERROR, USAGE, check_working_folder, errors_come_through, message_of
from experiments.cli.folders import Started, started
from experiments.cli.interrupts import clear_before, status_of
from experiments.cli.job import HydrasOwn, Session
from experiments.cli.vary import first_of_several
from sim.config.sources import checked_files
from sim.config.yaml_files import CONFIG_FOLDER, available
from sim.core.interruption import undisguised

WIDTH = 80


def main() -> None:
    """Run the command line.

    Leaves with 0, 1 (a run failed), 2 (wrong use), or 128 and the number of the signal that ended it.
    """
    session = Session(full_errors=os.environ.get(FULL_ERROR) == "1", command=tuple(sys.argv[1:]))
    made = Started()
    token = started.set(made)
    clear_before(made.clear)

    def job(config: DictConfig) -> None:
        session.run(config)

    OmegaConf.register_new_resolver("groups", groups, replace=True, use_cache=True)  # Hydra asks twice
    application = hydra.main(version_base="1.3", config_path=CONFIG_FOLDER, config_name="config")(job)
    try:
        try:
            if sys.argv[1:] in (["--help"], ["-h"]):
                print(package_help())
                sys.exit(0)
            check_working_folder()
            with undisguised(), errors_come_through(), checked_files():
                _apply(application, session)
            if made.multirun and not session.jobs:
                session.exit.fail(f"{_nothing_to_run(sys.argv[1:])}.", USAGE)
        finally:
            made.clear()
            started.reset(token)
            if sys.stdout is not None:  # it is None where it was closed from the start
                sys.stdout.flush()
    except KeyboardInterrupt as error:
        session.exit.fail("interrupted", status_of(error))
    except BrokenPipeError:
        from experiments.report.terminal import nobody_reads

        nobody_reads()
    except Exception as error:
        if session.full_errors:
            raise
        session.exit.fail(*message_of(error, sys.argv[1:]))
    sys.exit(session.exit.status)


def _apply(application: Callable[[], None], session: Session) -> None:
    """Run the application; a --multirun whose runs are put side by side as the command of its first combination."""
    words = sys.argv
    several = first_of_several(words[1:])
    try:
        if several is None:
            sys.argv = [words[0], *with_enforcement(words[1:])]
        else:
            single, varied = several
            sys.argv, session.varied = [words[0], *single], tuple(varied)
        application()
    except HydrasOwn:
        sys.argv, session.varied, session.jobs = words, None, 0
        GlobalHydra.instance().clear()
        application()
    finally:
        sys.argv = words


def groups() -> str:
    """Return the groups of files and what they offer, for `--help`; those of a user's own folder as well."""
    loader = GlobalHydra.instance().config_loader()
    return _listed({name: loader.get_group_options(name) for name in loader.list_groups("") if name != "hydra"})


def package_help() -> str:
    """Return what `--help` alone prints: Hydra's takes a second to find out that there are no other files."""
    folders = [path.name for path in Path(CONFIG_FOLDER).iterdir() if path.is_dir()]
    OmegaConf.register_new_resolver(
        "groups", lambda: _listed({name: available(name) for name in folders if available(name)}), replace=True
    )
    return str(OmegaConf.load(Path(CONFIG_FOLDER, "hydra/help/takedown.yaml")).template)


def _listed(files: Mapping[str, Sequence[str]]) -> str:
    return "\n".join(
        fill(f"{name}: {', '.join(sorted(files[name]))}", WIDTH, initial_indent="  ", subsequent_indent="    ")
        for name in sorted(files)
    )


def _nothing_to_run(words: list[str]) -> str:
    """Say which of the words of a --multirun has no values to run."""
    overrides = OverridesParser.create().parse_overrides([word for word in words if not word.startswith("-")])
    for override in overrides:
        if override.is_sweep_override() and not list(override.sweep_iterator()):
            given = str(override.input_line).partition("=")[2]
            return f"{override.key_or_group} must have at least one value; got {given}"
    return "--multirun has nothing to run"


if __name__ == "__main__":
    main()
