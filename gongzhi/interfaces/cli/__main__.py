"""`python -m gongzhi.interfaces.cli` is the same as `gongzhi`."""

from gongzhi.interfaces.cli import main

main()
