"""The command line: `gongzhi <room> <verb>` with the same verbs as everywhere."""

from __future__ import annotations

import os


def main() -> None:
    """Start the command line with this project's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongzhi.site.settings")
    import django

    django.setup()
    from gongzhi.interfaces.cli.commands import gongzhi

    gongzhi(prog_name="gongzhi")
