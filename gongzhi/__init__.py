"""gongzhi 共治: one shared, accountable platform that carries a public crisis."""

__version__ = "0.1.0"
