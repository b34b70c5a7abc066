"""``python -m viz`` is the `stepgrad` command."""

import sys


def main() -> int:
    """Import the command, which takes longer than to run it, and run it: an interrupt is quiet from the start."""
    try:
        from viz.command.cli import main as run

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
