"""The command line: `gongzhi <room> <verb>` with the same verbs as everywhere."""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Mapping

WRONG_SETTINGS = 78
"""Exit code where the environment says something that cannot be (EX_CONFIG of sysexits.h)."""


def language_of(environment: Mapping[str, str]) -> str:
    """The language of a terminal by its locale: one of the three that the house speaks."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "").lower()
    if not locale.startswith("zh"):
        return "en"
    return "zh-hant" if locale.startswith(("zh_tw", "zh_hk", "zh_mo", "zh_hant")) else "zh-hans"


def main() -> None:
    """Start the command line with this project's settings; name what is wrong with them."""
    gc.disable()  # what is loaded now stays: looking through it meanwhile took a fifth of the start
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongzhi.site.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.utils.translation import activate

    for stream in (sys.stdout, sys.stderr):  # a terminal may lack the characters of a name
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")

    try:
        django.setup()
    except ImproperlyConfigured as error:
        print(error, file=sys.stderr)
        sys.exit(WRONG_SETTINGS)
    activate(language_of(os.environ))
    from gongzhi.interfaces.cli.commands import gongzhi

    gc.freeze()
    gc.enable()
    gongzhi(prog_name="gongzhi")
