"""Where the console command starts: what takes time to import is imported where Ctrl-C is already understood."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `experiments.cli.main.main`, and say in one line where it is interrupted before it has begun."""
    try:
        from experiments.cli import interrupts

        interrupts.leave_at_once()
        from experiments.cli.main import main as run

        run()
    except KeyboardInterrupt:
        print("takedown: interrupted", file=sys.stderr)
        sys.exit(130)
    except SystemExit as left:
        if isinstance(left.code, int) and left.code in interrupts.STATUSES:
            interrupts.leave(left.code)
        raise


if __name__ == "__main__":
    main()
